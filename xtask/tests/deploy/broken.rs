//! Each fault that the checks are for is heard of: one file is broken in memory, and the sentence names it.

use crate::problems;
use crate::tree::Tree;

/// Breaks `path` by writing `to` for `from`, and expects one more problem that says `what`.
fn hears_of(path: &str, from: &str, to: &str, what: &str) {
    let before = problems(&Tree::of_the_repository());
    let after = problems(&Tree::of_the_repository().with(path, from, to));
    let new: Vec<_> = after.into_iter().filter(|problem| !before.contains(problem)).collect();
    assert!(new.iter().any(|problem| problem.contains(what)), "`{to}` in {path} went unnoticed: {new:#?}");
}

#[test]
fn fields_that_kubernetes_does_not_know() {
    let server = "deploy/kubernetes/server.yaml";
    hears_of(
        server,
        "readinessProbe",
        "readynessProbe",
        "/spec/template/spec/containers/0/readynessProbe: there is no such field",
    );
    hears_of(server, "minReadySeconds", "minReadySecs", "/spec/minReadySecs: there is no such field");
    hears_of(server, "failureThreshold: 60", "failureThreshold: many", "invalid type");
    hears_of(
        "deploy/kubernetes/network-policy.yaml",
        "policyTypes: [Egress]",
        "policyType: [Egress]",
        "there is no such field",
    );
    hears_of("deploy/kubernetes/kustomization.yaml", "newTag", "tag", "unknown field `tag`");
    hears_of(server, "kind: Service\n", "kind: Servise\n", "add it to manifests.rs");
    hears_of(server, "spec:\n", "spec: [\n", "deploy/kubernetes/server.yaml: ");
}

#[test]
fn labels_that_select_nothing() {
    let server = "deploy/kubernetes/server.yaml";
    let template = "    metadata:\n      labels:\n        app.kubernetes.io/name: evently-auth\n        app.kubernetes.io/component: server\n";
    let other = template.replace("component: server", "component: web");
    hears_of(server, template, &other, "does not select its own pods");
    hears_of(server, template, &other, "PodDisruptionBudget evently-auth-server: no pod has the labels");
    hears_of(server, template, &other, "Service evently-auth: no pod has the labels");
    hears_of(server, template, &other, "NetworkPolicy evently-auth-requests: no pod has the labels");
    hears_of(
        server,
        "    name: evently-auth-server\n  minReplicas",
        "    name: evently-auth\n  minReplicas",
        "there is no Deployment evently-auth",
    );
    hears_of(server, "targetPort: http", "targetPort: web", "no selected pod has the port \"web\"");
    hears_of("deploy/kubernetes/ingress.yaml", "port: {name: http}", "port: {name: web}", "with a port web");
    hears_of(
        "deploy/kubernetes/network-policy.yaml",
        "port: 8001}",
        "port: 8002}",
        "nobody listens on port 8002",
    );
}

#[test]
fn ports_and_paths_that_nobody_answers() {
    let (server, worker) = ("deploy/kubernetes/server.yaml", "deploy/kubernetes/worker.yaml");
    hears_of(
        server,
        "path: /health/ready",
        "path: /healthz",
        "readinessProbe: nothing answers at `/healthz`",
    );
    hears_of(worker, "containerPort: 8001", "containerPort: 8000", "it listens on 8001");
    hears_of(
        worker,
        "port: operations}\n            periodSeconds: 10",
        "port: http}\n            periodSeconds: 10",
        "livenessProbe: \"http\"",
    );
    hears_of(
        worker,
        "prometheus.io/port: \"8001\"",
        "prometheus.io/port: \"8000\"",
        "prometheus.io/port is not 8001",
    );
    hears_of("deploy/kubernetes/ingress.yaml", "path: /info", "path: /information", "no route /information");
    hears_of("deploy/nginx.conf", "location = /metrics", "location = /metric", "no route /metric");
    hears_of("deploy/nginx.conf", "172.28.90.12:8000", "172.28.90.12:8080", "172.28.90.12:8080");
}

#[test]
fn settings_that_do_not_exist() {
    hears_of("deploy/kubernetes/config.yaml", "REDIS_USE_TLS", "REDIS_TLS", "no setting REDIS_TLS");
    hears_of(
        "deploy/kubernetes/config.yaml",
        "DB_USER: evently_auth",
        "DB_PASSWORD: x",
        "DB_PASSWORD is a secret",
    );
    hears_of("deploy/kubernetes/worker.yaml", "DB_PASSWORD_FILE", "DB_USER_FILE", "no setting DB_USER_FILE");
    hears_of(
        "deploy/kubernetes/worker.yaml",
        "/run/secrets/jwt_secret",
        "/run/secrets/jwt",
        "makes no file /run/secrets/jwt",
    );
    hears_of("deploy/compose.yaml", "    PUBLIC_URL:", "    PUBLIC_URI:", "no setting PUBLIC_URI");
    hears_of(
        "deploy/systemd/evently-auth.service",
        "Environment=DB_PASSWORD_FILE",
        "Environment=DB_PASS_FILE",
        "no setting DB_PASS_FILE",
    );
    hears_of(
        "deploy/systemd/evently-auth.service",
        "LoadCredential=secret_key:",
        "LoadCredential=secret:",
        "no LoadCredential makes secret_key",
    );
}

#[test]
fn pods_that_may_too_much_or_leave_too_early() {
    let worker = "deploy/kubernetes/worker.yaml";
    hears_of(
        worker,
        "runAsNonRoot: true",
        "runAsNonRoot: false",
        "/spec/securityContext/runAsNonRoot is not true",
    );
    hears_of(
        worker,
        "readOnlyRootFilesystem: true",
        "readOnlyRootFilesystem: false",
        "readOnlyRootFilesystem",
    );
    hears_of(worker, "drop: [ALL]", "drop: [NET_RAW]", "/securityContext/capabilities/drop");
    hears_of(worker, "enableServiceLinks: false", "enableServiceLinks: true", "enableServiceLinks");
    hears_of(worker, "maxUnavailable: 0", "maxUnavailable: 1", "maxUnavailable is not 0");
    hears_of(worker, "limits: {memory: 192Mi}", "limits: {}", "no memory limit");
    hears_of(
        worker,
        "  revisionHistoryLimit",
        "  replicas: 2\n  revisionHistoryLimit",
        "undo what the autoscaler chose",
    );
}

#[test]
fn files_that_are_forgotten_or_missing() {
    let kustomization = "deploy/kubernetes/kustomization.yaml";
    hears_of(kustomization, "  - worker.yaml\n", "", "worker.yaml: kustomization.yaml does not list it");
    hears_of(kustomization, "worker.yaml", "workers.yaml", "there is no deploy/kubernetes/workers.yaml");
    hears_of("deploy/compose.yaml", "./nginx.conf", "./ngnix.conf", "the volume ./ngnix.conf is not there");
    hears_of(
        "deploy/secrets.sh",
        "make_secret secret_key\n",
        "",
        "secrets.sh does not make ./secrets/secret_key",
    );
    hears_of("deploy/Dockerfile.dockerignore", "!migrations", "!migration", "there is no migration");
}

#[test]
fn services_that_compose_would_start_wrongly() {
    let compose = "deploy/compose.yaml";
    hears_of(
        compose,
        "TRUSTED_PROXIES: 172.28.90.2",
        "TRUSTED_PROXIES: 172.28.90.3",
        "not the balancer's address",
    );
    hears_of(
        compose,
        "POSTGRES_PASSWORD_FILE: /run/secrets/postgres_password",
        "POSTGRES_PASSWORD: postgres",
        "POSTGRES_PASSWORD is a secret",
    );
    hears_of(
        compose,
        "secrets: [database_password, redis_password,",
        "secrets: [database_password,",
        "redis_password is not mounted",
    );
    hears_of(compose, "migrate: {condition", "migration: {condition", "depends on migration");
    hears_of(compose, "image: redis:7.2-alpine", "image: redis", "the image redis has no version");
    hears_of(
        compose,
        "limits: {cpus: \"0.5\", memory: 128M}",
        "limits: {cpus: \"0.5\"}",
        "/deploy/resources/limits/memory is missing",
    );
    hears_of(compose, "networks: [backend, edge]", "networks: [backend, front]", "front is not declared");
    hears_of(compose, "      test: [CMD-SHELL", "      tests: [CMD-SHELL", "waits for the health of redis");
}

#[test]
fn images_that_need_a_shell_or_run_as_root() {
    let dockerfile = "deploy/Dockerfile";
    hears_of(dockerfile, "USER 65532:65532\n", "", "no USER");
    hears_of(dockerfile, "USER 65532:65532", "USER root", "a number other than 0");
    hears_of(dockerfile, "EXPOSE", "RUN true\nEXPOSE", "has no shell");
    hears_of(dockerfile, "CMD [\"/evently-auth\", \"health\"]", "CMD /evently-auth health", "needs a shell");
    hears_of(dockerfile, "ENTRYPOINT [\"/evently-auth\"]", "ENTRYPOINT /evently-auth", "needs a shell");
    hears_of(dockerfile, "static-debian12:nonroot", "static-debian12", "has no version");
}

#[test]
fn measurements_that_nobody_takes() {
    let alerts = "deploy/prometheus/alerts.yaml";
    hears_of(
        alerts,
        "http_server_request_duration_seconds_count",
        "http_server_requests_total",
        "nothing measures http_server_requests_total",
    );
    hears_of(alerts, "http_response_status_code=~", "status_code=~", "nothing has the label status_code");
    let dashboard = "deploy/grafana/evently-auth.json";
    hears_of(
        dashboard,
        "http_server_active_requests",
        "http_server_requests_active",
        "nothing measures http_server_requests_active",
    );
    hears_of(dashboard, "{{http_route}}", "{{route}}", "nothing has the label route");
    hears_of(dashboard, "\"panels\": [", "\"panels\": ", "deploy/grafana/evently-auth.json: ");
}

#[test]
fn alerts_without_a_way_on() {
    let alerts = "deploy/prometheus/alerts.yaml";
    hears_of(
        alerts,
        "#eventlyauthdown",
        "#eventlyauthinstancedown",
        "EventlyAuthDown: docs/operations.md has no heading",
    );
    hears_of(
        "docs/operations.md",
        "### EventlyAuthSlow\n",
        "### Slow\n",
        "EventlyAuthSlow: docs/operations.md has no heading",
    );
    hears_of(alerts, "summary: No server answers.", "summary: ''", "EventlyAuthDown: it has no summary");
    hears_of(alerts, "severity: critical", "severity: page", "its severity is none of");
}

#[test]
fn a_handbook_that_is_out_of_date() {
    let handbook = "docs/operations.md";
    hears_of(handbook, "evently-auth mail list", "evently-auth mails list", "no command `mails`");
    hears_of(
        handbook,
        "](../deploy/compose.yaml)",
        "](../deploy/compose.yml)",
        "there is no docs/../deploy/compose.yml",
    );
}

#[test]
fn scripts_that_go_on_after_a_failure() {
    hears_of("deploy/secrets.sh", "set -eu\n", "set -u\n", "no `set -eu`");
    hears_of("deploy/secrets.sh", "#!/bin/sh", "# /bin/sh", "cannot be run");
}
