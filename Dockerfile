# Container image of the server: `docker compose up`, or
#   docker build -t sim-explorer . && docker run -p 8000:8000 -v "$PWD/models:/models:ro" sim-explorer
FROM python:3.11-slim-bookworm AS proxy
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light \
    && rm -rf /var/lib/apt/lists/*
COPY deploy/nginx.conf /etc/nginx/nginx.conf
RUN install -d -m 1777 /run/proxy
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --retries=3 CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/proxy-livez', timeout=4)"]
CMD ["nginx", "-p", "/run/proxy", "-c", "/etc/nginx/nginx.conf", "-g", "daemon off;"]

FROM python:3.11-slim-bookworm AS requirements
WORKDIR /requirements
COPY pyproject.toml ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > all.txt \
    && grep '^torch' all.txt > torch.txt

FROM python:3.11-slim-bookworm
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore

# Index for torch. PyTorch's CPU wheels leave gigabytes of CUDA out of the image; empty means the default index.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
# Indexes for all other packages, for closed networks. pip ignores empty values.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST

# The largest and most stable layers come first, so that a change of the code rebuilds only the last ones.
WORKDIR /src
COPY --from=requirements /requirements/torch.txt ./
RUN pip install ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} -r torch.txt
COPY --from=requirements /requirements/all.txt ./
RUN pip install -r all.txt
COPY . ./
RUN pip install --no-deps . \
    && useradd --uid 10001 --create-home explorer

# OMP_WAIT_POLICY: OpenMP threads that spin while they wait slow everything down on shared cores.
ENV HOST=0.0.0.0 \
    PORT=8000 \
    MODELS=/models \
    OMP_WAIT_POLICY=passive \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /home/explorer
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=4); c.request('GET', '/readyz'); sys.exit(c.getresponse().status != 200)"]
CMD ["python", "-m", "backend"]
