# The production layout: compiled JavaScript and production dependencies, nothing else. `node tools/build.ts --production DIR` makes the same
# layout without a container engine; the end-to-end tests run that one.
ARG NODE_VERSION=26.10.0

FROM node:${NODE_VERSION}-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run -s build -- --production /app

FROM node:${NODE_VERSION}-bookworm-slim
COPY --from=build --chown=0:0 /app /app
ENV NODE_ENV=production NODE_COMPILE_CACHE=/tmp/node-compile-cache
WORKDIR /app
USER 65534:65534
ENTRYPOINT ["node", "/app/dist/main.js"]
