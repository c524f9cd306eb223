# One image for web, worker and the development chain; it is set up by the same script as a checkout.
FROM python:3.13-slim

RUN useradd --uid 10001 --create-home lotproof && install -d -o lotproof /srv/lotproof /data
USER lotproof
WORKDIR /srv/lotproof

# The packages first: they change seldom, and this layer is kept while they do not.
COPY --chown=lotproof lotproof pyproject.toml requirements*.lock package.json package-lock.json .npmrc ./
RUN ./lotproof setup && rm -rf .boot/node ~/.cache ~/.npm node_modules/@foundry-rs/forge-*

COPY --chown=lotproof LICENSE ./
COPY --chown=lotproof contracts contracts
COPY --chown=lotproof verifier verifier
COPY --chown=lotproof anchoring anchoring
COPY --chown=lotproof service service
COPY --chown=lotproof signer signer

VOLUME /data
EXPOSE 8080 8081
ENTRYPOINT ["./lotproof"]
CMD ["web"]
