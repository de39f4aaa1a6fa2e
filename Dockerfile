# syntax=docker/dockerfile:1
# The server with its pages. docs/operating.md says how to run it, `make layout` tries what ends up in the image.

FROM node:24-bookworm-slim AS node

FROM rust:1.95-bookworm AS build
COPY --from=node /usr/local/bin/node /usr/local/bin/
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
WORKDIR /build
# The files that .dockerignore allows.
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/root/.npm \
    scripts/setup.sh && scripts/build.sh

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="multi-session" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
# The root certificates to verify mail servers and databases.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /build/LICENSE-MIT /build/LICENSE-APACHE /app/
COPY --from=build /build/target/release/multi-session /build/target/release/hash.txt /app/
COPY --from=build /build/target/site /app/site
# The only folder with files that the program writes.
RUN install --directory --owner=10001 --group=10001 --mode=0700 /app/data
WORKDIR /app
VOLUME /app/data
# Numeric, so that Kubernetes can verify that it is not root.
USER 10001:10001
ENV PATH=/app:/usr/local/bin:/usr/bin:/bin \
    LEPTOS_SITE_ADDR=0.0.0.0:3000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["multi-session", "health"]
ENTRYPOINT ["multi-session"]
