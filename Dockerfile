# The image of Tollgate: one executable that needs no Node, on a base without a shell.
#
#   docker build -t tollgate:local .
#   docker run --rm -p 127.0.0.1:8080:8080 tollgate:local --upstream http://host.docker.internal:3000/mcp --listen 0.0.0.0:8080
#
# Debian 12 builds it, so that the executable also runs in images as old as that.
FROM node:26.10.0-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends binutils libatomic1 patchelf
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY scripts/prepare.js scripts/
RUN npm ci
COPY LICENSE ./
COPY src src
COPY scripts scripts
COPY console console
COPY policies policies
RUN npm run build:executable
RUN npm run --silent sbom > dist-executable/sbom.cdx.json

# Its tags carry no version: for builds that can be repeated, pass BASE=gcr.io/distroless/cc-debian13@sha256:...
ARG BASE=gcr.io/distroless/cc-debian13:nonroot
FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="tollgate" \
      org.opencontainers.image.description="Observability and policy sidecar for MCP servers" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /build/dist-executable /usr/local/lib/tollgate
COPY --from=build /build/policies /usr/local/share/tollgate/policies
ENV PATH="/usr/local/lib/tollgate:/usr/local/bin:/usr/bin:/bin"
USER 65532:65532
EXPOSE 8080 9464
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["tollgate", "health"]
ENTRYPOINT ["/usr/local/lib/tollgate/tollgate"]
