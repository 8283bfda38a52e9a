# The images of Jonction. One recipe for all services, and one for what is run beside them (provisioning, the commands):
#
#   docker build --build-arg SERVICE=membership -t jonction/membership .
#   docker build --target tools -t jonction/tools .
#
# What runs holds Node, the sources, what they import, and nothing else: no shell, no package manager, no distribution. The
# base may be given by its digest (--build-arg NODE_IMAGE=node@sha256:…), and should be where an image is published.
ARG NODE_IMAGE=node:24-bookworm-slim

# --- Node with the libraries that it is linked to, and a user without rights -------------------------------------------
FROM ${NODE_IMAGE} AS bare
RUN node="$(command -v node)"; mkdir -p /bare/tmp /bare/etc /bare/usr/local/bin; chmod 1777 /bare/tmp; \
    cp "$node" /bare/usr/local/bin/node; \
    ldd "$node" | grep -o '/[^ )]*' | sort -u | while read -r library; do cp --parents --dereference "$library" /bare; done; \
    echo 'jonction:x:10001:10001:jonction:/tmp:/nowhere' > /bare/etc/passwd; \
    echo 'jonction:x:10001:' > /bare/etc/group

FROM scratch AS runtime
COPY --from=bare /bare /
ENV PATH=/usr/local/bin NODE_ENV=production NODE_COMPILE_CACHE=/tmp/compiled
USER 10001:10001

# --- What runs beside the services: the whole repository without tests -------------------------------------------------
FROM ${NODE_IMAGE} AS whole
WORKDIR /app
COPY . .
RUN npm ci --ignore-scripts --omit=dev --omit=optional && \
    find node_modules -type f \( -name '*.map' -o -name '*.d.*ts' \) -delete
RUN npm sbom --package-lock-only --sbom-format cyclonedx --omit dev --omit optional > sbom.json

FROM runtime AS tools
WORKDIR /app
COPY --from=whole /app /app
ENTRYPOINT ["node"]

# --- The part of the repository that one service needs -----------------------------------------------------------------
FROM ${NODE_IMAGE} AS pruned
WORKDIR /src
COPY package.json package-lock.json .npmrc turbo.json ./
RUN npm install --global --ignore-scripts "turbo@$(node -p "require('./package.json').devDependencies.turbo")"
COPY . .
ARG SERVICE
RUN test -n "$SERVICE" || { echo "say which service: --build-arg SERVICE=membership" >&2; exit 1; }
RUN DO_NOT_TRACK=1 turbo prune "@jonction/$SERVICE" --docker

FROM ${NODE_IMAGE} AS installed
WORKDIR /app
COPY --from=pruned /src/out/json/ ./
COPY .npmrc ./
# Workspaces stay links to their folders: Node strips types there, and refuses to inside node_modules.
# Of what they import, maps of sources and declarations of types are two fifths, and Node reads neither.
RUN npm ci --ignore-scripts --omit=dev --omit=optional && \
    find node_modules -type f \( -name '*.map' -o -name '*.d.*ts' \) -delete
COPY --from=pruned /src/out/full/ ./
RUN npm sbom --package-lock-only --sbom-format cyclonedx --omit dev --omit optional > sbom.json

# --- A service for Tilt: a shell and tar to write changed sources with, and Node starts it anew when they change --------
FROM ${NODE_IMAGE} AS dev
COPY --from=installed --chown=10001:10001 /app /app
ENV NODE_ENV=production NODE_COMPILE_CACHE=/tmp/compiled
USER 10001:10001
ARG SERVICE
WORKDIR /app/services/${SERVICE}
ENTRYPOINT ["node", "--watch", "--import", "@jonction/service/telemetry", "src/main.ts"]

# --- A service: the last one, so that it is made when no target is named -----------------------------------------------
FROM runtime AS service
COPY --from=installed /app /app
ARG SERVICE
WORKDIR /app/services/${SERVICE}
EXPOSE 50051
# Room for what is young, in MiB: half of what Node takes by itself, as on a developer's machine (libs/stack).
ENTRYPOINT ["node", "--max-semi-space-size=8", "--import", "@jonction/service/telemetry", "src/main.ts"]
