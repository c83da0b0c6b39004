// Made by `npm run generate` from the rbac.ts of all kinds. Change those.
import type { ComponentRules } from './rbac.ts';

/** What each controller may do. */
export const componentRules: ComponentRules = {
  "source-controller": [
    {
      "apiGroups": [
        ""
      ],
      "resources": [
        "events"
      ],
      "verbs": [
        "create",
        "patch"
      ]
    },
    {
      "apiGroups": [
        ""
      ],
      "resources": [
        "secrets"
      ],
      "verbs": [
        "get",
        "list",
        "watch"
      ]
    },
    {
      "apiGroups": [
        ""
      ],
      "resources": [
        "serviceaccounts"
      ],
      "verbs": [
        "get"
      ]
    },
    {
      "apiGroups": [
        ""
      ],
      "resources": [
        "serviceaccounts/token"
      ],
      "verbs": [
        "create"
      ]
    },
    {
      "apiGroups": [
        "source.toolkit.fluxcd.io"
      ],
      "resources": [
        "buckets"
      ],
      "verbs": [
        "get",
        "list",
        "watch"
      ]
    },
    {
      "apiGroups": [
        "source.toolkit.fluxcd.io"
      ],
      "resources": [
        "gitrepositories",
        "helmcharts",
        "helmrepositories",
        "ocirepositories"
      ],
      "verbs": [
        "get",
        "list",
        "patch",
        "update",
        "watch"
      ]
    },
    {
      "apiGroups": [
        "source.toolkit.fluxcd.io"
      ],
      "resources": [
        "gitrepositories/finalizers",
        "helmcharts/finalizers",
        "helmrepositories/finalizers",
        "ocirepositories/finalizers"
      ],
      "verbs": [
        "update"
      ]
    },
    {
      "apiGroups": [
        "source.toolkit.fluxcd.io"
      ],
      "resources": [
        "gitrepositories/status",
        "helmcharts/status",
        "helmrepositories/status",
        "ocirepositories/status"
      ],
      "verbs": [
        "get",
        "patch",
        "update"
      ]
    }
  ],
  "kustomize-controller": [
    {
      "apiGroups": [
        ""
      ],
      "resources": [
        "configmaps",
        "secrets",
        "serviceaccounts"
      ],
      "verbs": [
        "get",
        "list",
        "watch"
      ]
    },
    {
      "apiGroups": [
        ""
      ],
      "resources": [
        "events"
      ],
      "verbs": [
        "create",
        "patch"
      ]
    },
    {
      "apiGroups": [
        ""
      ],
      "resources": [
        "serviceaccounts/token"
      ],
      "verbs": [
        "create"
      ]
    },
    {
      "apiGroups": [
        "apiextensions.k8s.io"
      ],
      "resources": [
        "customresourcedefinitions"
      ],
      "verbs": [
        "get",
        "list",
        "watch"
      ]
    },
    {
      "apiGroups": [
        "apiregistration.k8s.io"
      ],
      "resources": [
        "apiservices"
      ],
      "verbs": [
        "get",
        "list",
        "watch"
      ]
    },
    {
      "apiGroups": [
        "kustomize.toolkit.fluxcd.io"
      ],
      "resources": [
        "kustomizations"
      ],
      "verbs": [
        "get",
        "list",
        "patch",
        "update",
        "watch"
      ]
    },
    {
      "apiGroups": [
        "kustomize.toolkit.fluxcd.io"
      ],
      "resources": [
        "kustomizations/finalizers"
      ],
      "verbs": [
        "update"
      ]
    },
    {
      "apiGroups": [
        "kustomize.toolkit.fluxcd.io"
      ],
      "resources": [
        "kustomizations/status"
      ],
      "verbs": [
        "get",
        "patch",
        "update"
      ]
    },
    {
      "apiGroups": [
        "source.toolkit.fluxcd.io"
      ],
      "resources": [
        "buckets",
        "externalartifacts",
        "gitrepositories",
        "ocirepositories"
      ],
      "verbs": [
        "get",
        "list",
        "watch"
      ]
    }
  ],
  "helm-controller": [
    {
      "apiGroups": [
        ""
      ],
      "resources": [
        "configmaps",
        "secrets",
        "serviceaccounts"
      ],
      "verbs": [
        "get",
        "list",
        "watch"
      ]
    },
    {
      "apiGroups": [
        ""
      ],
      "resources": [
        "events"
      ],
      "verbs": [
        "create",
        "patch"
      ]
    },
    {
      "apiGroups": [
        ""
      ],
      "resources": [
        "serviceaccounts/token"
      ],
      "verbs": [
        "create"
      ]
    },
    {
      "apiGroups": [
        "apiextensions.k8s.io"
      ],
      "resources": [
        "customresourcedefinitions"
      ],
      "verbs": [
        "get",
        "list",
        "watch"
      ]
    },
    {
      "apiGroups": [
        "apiregistration.k8s.io"
      ],
      "resources": [
        "apiservices"
      ],
      "verbs": [
        "get",
        "list",
        "watch"
      ]
    },
    {
      "apiGroups": [
        "helm.toolkit.fluxcd.io"
      ],
      "resources": [
        "helmreleases"
      ],
      "verbs": [
        "get",
        "list",
        "patch",
        "update",
        "watch"
      ]
    },
    {
      "apiGroups": [
        "helm.toolkit.fluxcd.io"
      ],
      "resources": [
        "helmreleases/finalizers"
      ],
      "verbs": [
        "update"
      ]
    },
    {
      "apiGroups": [
        "helm.toolkit.fluxcd.io"
      ],
      "resources": [
        "helmreleases/status"
      ],
      "verbs": [
        "get",
        "patch",
        "update"
      ]
    },
    {
      "apiGroups": [
        "source.toolkit.fluxcd.io"
      ],
      "resources": [
        "externalartifacts",
        "ocirepositories"
      ],
      "verbs": [
        "get",
        "list",
        "watch"
      ]
    },
    {
      "apiGroups": [
        "source.toolkit.fluxcd.io"
      ],
      "resources": [
        "helmcharts"
      ],
      "verbs": [
        "create",
        "delete",
        "get",
        "list",
        "patch",
        "watch"
      ]
    }
  ],
  "notification-controller": [
    {
      "apiGroups": [
        ""
      ],
      "resources": [
        "events"
      ],
      "verbs": [
        "create",
        "patch"
      ]
    },
    {
      "apiGroups": [
        ""
      ],
      "resources": [
        "secrets"
      ],
      "verbs": [
        "get",
        "list",
        "watch"
      ]
    },
    {
      "apiGroups": [
        ""
      ],
      "resources": [
        "serviceaccounts"
      ],
      "verbs": [
        "get"
      ]
    },
    {
      "apiGroups": [
        ""
      ],
      "resources": [
        "serviceaccounts/token"
      ],
      "verbs": [
        "create"
      ]
    },
    {
      "apiGroups": [
        "helm.toolkit.fluxcd.io"
      ],
      "resources": [
        "helmreleases"
      ],
      "verbs": [
        "get",
        "list",
        "patch"
      ]
    },
    {
      "apiGroups": [
        "image.toolkit.fluxcd.io"
      ],
      "resources": [
        "imagepolicies",
        "imagerepositories",
        "imageupdateautomations"
      ],
      "verbs": [
        "get",
        "list",
        "patch"
      ]
    },
    {
      "apiGroups": [
        "kustomize.toolkit.fluxcd.io"
      ],
      "resources": [
        "kustomizations"
      ],
      "verbs": [
        "get",
        "list",
        "patch"
      ]
    },
    {
      "apiGroups": [
        "notification.toolkit.fluxcd.io"
      ],
      "resources": [
        "alerts",
        "providers",
        "receivers"
      ],
      "verbs": [
        "get",
        "list",
        "patch",
        "update",
        "watch"
      ]
    },
    {
      "apiGroups": [
        "notification.toolkit.fluxcd.io"
      ],
      "resources": [
        "receivers/finalizers"
      ],
      "verbs": [
        "update"
      ]
    },
    {
      "apiGroups": [
        "notification.toolkit.fluxcd.io"
      ],
      "resources": [
        "receivers/status"
      ],
      "verbs": [
        "get",
        "patch",
        "update"
      ]
    },
    {
      "apiGroups": [
        "source.extensions.fluxcd.io"
      ],
      "resources": [
        "artifactgenerators"
      ],
      "verbs": [
        "get",
        "list",
        "patch"
      ]
    },
    {
      "apiGroups": [
        "source.toolkit.fluxcd.io"
      ],
      "resources": [
        "buckets",
        "externalartifacts",
        "gitrepositories",
        "helmcharts",
        "helmrepositories",
        "ocirepositories"
      ],
      "verbs": [
        "get",
        "list",
        "patch",
        "watch"
      ]
    }
  ]
};
