#!/usr/bin/env bash
# Builds the image, makes a kind cluster, installs Sluice into it and shows its pods. Needs docker, kind and kubectl.
set -euo pipefail
cd "$(dirname "$0")/.."
image=sluice:dev
docker build --tag "$image" .
kind create cluster --config kind/cluster.yaml
kind load docker-image "$image" --name sluice
npm run -s sluice -- install --image "$image"
kubectl --namespace flux-system rollout status deployment --timeout=120s
kubectl --namespace flux-system get pods
