//! The manifests among themselves and beside the service: what is selected exists, what is asked answers, pods may do
//! as little as they need.

use crate::documents::{items, members, text, yaml};
use crate::facts::Facts;
use crate::tree::Tree;
use crate::{manifests, settings};
use serde_json::{Value, json};

const FOLDER: &str = "deploy/kubernetes";
const SECRET: &str = "deploy/kubernetes/secret.example.yaml";

/// A manifest, and the file that it is in.
struct Manifest {
    path: String,
    value: Value,
}

pub(crate) fn problems(tree: &Tree, facts: &Facts) -> Vec<String> {
    let mut found = Vec::new();
    let mut all = Vec::new();
    for path in tree.list(FOLDER, ".yaml") {
        match yaml(tree, &path) {
            Ok(values) => {
                all.extend(values.into_iter().map(|value| Manifest { path: path.clone(), value }));
            }
            Err(error) => found.push(error),
        }
    }
    for manifest in &all {
        found.extend(manifests::problems(&manifest.path, &manifest.value));
        found.extend(manifest.problems(&all, facts));
    }
    found.extend(unlisted(tree, &all));
    found
}

/// Files that kustomization.yaml forgot, or that it names and are not there.
fn unlisted(tree: &Tree, all: &[Manifest]) -> Vec<String> {
    let kustomization = all.iter().find(|manifest| manifest.kind() == "Kustomization");
    let listed: Vec<_> = kustomization
        .iter()
        .flat_map(|manifest| items(&manifest.value, "/resources"))
        .filter_map(Value::as_str)
        .map(|name| format!("{FOLDER}/{name}"))
        .collect();
    let missing = listed.iter().filter(|path| !tree.has(path));
    let missing = missing.map(|path| format!("{FOLDER}/kustomization.yaml: there is no {path}"));
    let files = tree.list(FOLDER, ".yaml").into_iter();
    let files = files.filter(|path| !path.ends_with("/kustomization.yaml") && path != SECRET);
    let forgotten = files.filter(|path| !listed.contains(path));
    missing.chain(forgotten.map(|path| format!("{path}: kustomization.yaml does not list it"))).collect()
}

impl Manifest {
    fn kind(&self) -> &str {
        text(&self.value, "/kind")
    }

    fn name(&self) -> &str {
        text(&self.value, "/metadata/name")
    }

    /// The pod template of a Deployment or Job.
    fn template(&self) -> Option<&Value> {
        self.value.pointer("/spec/template")
    }

    fn problems(&self, all: &[Manifest], facts: &Facts) -> Vec<String> {
        let mut found = match self.kind() {
            "ConfigMap" => {
                let names = members(&self.value, "/data");
                names.filter_map(|(name, _)| settings::problem("data", name)).collect()
            }
            "Deployment" => self.deployment(),
            "Service" => self.selected(all, "/spec/selector"),
            "PodDisruptionBudget" => self.selected(all, "/spec/selector/matchLabels"),
            "NetworkPolicy" => self.network_policy(all),
            "HorizontalPodAutoscaler" => self.scaled(all),
            "Ingress" => self.ingress(all, facts),
            _ => Vec::new(),
        };
        if let Some(template) = self.template() {
            found.extend(pod(template, all, facts));
        }
        found
            .into_iter()
            .map(|problem| format!("{}: {} {}: {problem}", self.path, self.kind(), self.name()))
            .collect()
    }

    fn deployment(&self) -> Vec<String> {
        let mut found = Vec::new();
        let labels = self.value.pointer("/spec/selector/matchLabels").cloned().unwrap_or_default();
        if !self.template().is_some_and(|template| has_labels(template, &labels)) {
            found.push("its selector does not select its own pods".to_owned());
        }
        if self.value.pointer("/spec/strategy/rollingUpdate/maxUnavailable") != Some(&json!(0)) {
            found.push(
                "maxUnavailable is not 0: an update takes pods away before there are new ones".to_owned(),
            );
        }
        if !members(&self.value, "/spec").any(|(name, _)| name == "strategy") {
            found.push("it has no strategy".to_owned());
        }
        found
    }

    /// Whether some pod has the labels at `pointer`.
    fn selected(&self, all: &[Manifest], pointer: &str) -> Vec<String> {
        let labels = self.value.pointer(pointer).cloned().unwrap_or_default();
        let mut pods =
            all.iter().filter_map(Manifest::template).filter(|pod| has_labels(pod, &labels)).peekable();
        if pods.peek().is_none() {
            return vec![format!("no pod has the labels {labels}")];
        }
        let ports: Vec<_> = pods.flat_map(ports).collect();
        items(&self.value, "/spec/ports")
            .iter()
            .filter_map(|port| port.get("targetPort"))
            .filter(|target| !ports.iter().any(|(name, number)| *target == name || *target == number))
            .map(|target| format!("no selected pod has the port {target}"))
            .collect()
    }

    fn network_policy(&self, all: &[Manifest]) -> Vec<String> {
        let mut found = self.selected(all, "/spec/podSelector/matchLabels");
        let ports: Vec<_> = all.iter().filter_map(Manifest::template).flat_map(ports).collect();
        for port in items(&self.value, "/spec/ingress").iter().flat_map(|rule| items(rule, "/ports")) {
            let number = port.get("port").cloned().unwrap_or_default();
            if !ports.iter().any(|(_, known)| *known == number) {
                found.push(format!("nobody listens on port {number}"));
            }
        }
        found
    }

    fn scaled(&self, all: &[Manifest]) -> Vec<String> {
        let target = text(&self.value, "/spec/scaleTargetRef/name");
        let deployment = all.iter().find(|other| other.kind() == "Deployment" && other.name() == target);
        match deployment {
            None => vec![format!("there is no Deployment {target}")],
            Some(deployment) if deployment.value.pointer("/spec/replicas").is_some() => {
                vec![format!("{target} has `replicas` too: applying it would undo what the autoscaler chose")]
            }
            Some(_) => Vec::new(),
        }
    }

    fn ingress(&self, all: &[Manifest], facts: &Facts) -> Vec<String> {
        let mut found = Vec::new();
        let paths = items(&self.value, "/spec/rules").iter().flat_map(|rule| items(rule, "/http/paths"));
        for path in paths {
            let (service, port) =
                (text(path, "/backend/service/name"), text(path, "/backend/service/port/name"));
            let known = all.iter().filter(|other| other.kind() == "Service" && other.name() == service);
            let mut ports = known.flat_map(|other| items(&other.value, "/spec/ports"));
            if !ports.any(|known| text(known, "/name") == port) {
                found.push(format!("there is no Service {service} with a port {port}"));
            }
            if text(path, "/pathType") == "Exact" && !facts.routes.contains(text(path, "/path")) {
                found.push(format!("the service has no route {}", text(path, "/path")));
            }
        }
        found
    }
}

fn has_labels(template: &Value, labels: &Value) -> bool {
    let wanted = labels.as_object().into_iter().flatten();
    let own = template.pointer("/metadata/labels");
    wanted.clone().count() > 0
        && wanted.into_iter().all(|(name, value)| own.and_then(|own| own.get(name)) == Some(value))
}

/// The ports of a pod's containers, as name and number.
fn ports(template: &Value) -> Vec<(Value, Value)> {
    items(template, "/spec/containers")
        .iter()
        .flat_map(|container| items(container, "/ports"))
        .map(|port| (port["name"].clone(), port["containerPort"].clone()))
        .collect()
}

/// What a pod must not be able to do (Pod Security Standards, "restricted"), and whether what it names exists.
fn pod(template: &Value, all: &[Manifest], facts: &Facts) -> Vec<String> {
    let mut found = Vec::new();
    let mut demand = |value: &Value, pointer: &str, wanted: Value| {
        if value.pointer(pointer) != Some(&wanted) {
            found.push(format!("{pointer} is not {wanted}"));
        }
    };
    demand(template, "/spec/automountServiceAccountToken", json!(false));
    // Otherwise a Service named `redis` sets REDIS_PORT to a URL, which is no port.
    demand(template, "/spec/enableServiceLinks", json!(false));
    demand(template, "/spec/securityContext/runAsNonRoot", json!(true));
    demand(template, "/spec/securityContext/seccompProfile/type", json!("RuntimeDefault"));
    for container in items(template, "/spec/containers") {
        demand(container, "/securityContext/allowPrivilegeEscalation", json!(false));
        demand(container, "/securityContext/readOnlyRootFilesystem", json!(true));
        demand(container, "/securityContext/capabilities/drop", json!(["ALL"]));
    }
    for container in items(template, "/spec/containers") {
        if text(container, "/resources/limits/memory").is_empty()
            || text(container, "/resources/requests/cpu").is_empty()
        {
            found.push("it has no memory limit or no CPU request".to_owned());
        }
        found.extend(environment(container, all));
        found.extend(probes(container, template, facts));
    }
    found
}

fn environment(container: &Value, all: &[Manifest]) -> Vec<String> {
    let mut found = Vec::new();
    let keys: Vec<_> = all
        .iter()
        .filter(|manifest| manifest.kind() == "Secret")
        .flat_map(|manifest| members(&manifest.value, "/stringData"))
        .map(|(key, _)| format!("/run/secrets/{key}"))
        .collect();
    for variable in items(container, "/env") {
        let (name, value) = (text(variable, "/name"), text(variable, "/value"));
        found.extend(settings::problem("env", name));
        if name.ends_with("_FILE") && !keys.iter().any(|key| key == value) {
            found.push(format!("{name}: secret.example.yaml makes no file {value}"));
        }
    }
    for source in items(container, "/envFrom") {
        let name = text(source, "/configMapRef/name");
        if !all.iter().any(|manifest| manifest.kind() == "ConfigMap" && manifest.name() == name) {
            found.push(format!("there is no ConfigMap {name}"));
        }
    }
    found
}

fn probes(container: &Value, template: &Value, facts: &Facts) -> Vec<String> {
    let mut found = Vec::new();
    let ports = ports(template);
    if ports.is_empty() {
        return found; // a job serves nobody
    }
    let worker = items(container, "/command").iter().any(|word| *word == "/evently-auth-worker");
    let port = json!(Facts::port(worker));
    if !ports.iter().any(|(_, number)| *number == port) {
        found.push(format!("it listens on {port}, which is none of its ports"));
    }
    if text(template, "/metadata/annotations/prometheus.io~1port").parse()
        != Ok(port.as_u64().unwrap_or_default())
    {
        found.push(format!("prometheus.io/port is not {port}"));
    }
    let scraped = text(template, "/metadata/annotations/prometheus.io~1path");
    let mut asked = vec![("prometheus.io/path", scraped.to_owned())];
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        let place = format!("/{probe}/httpGet");
        asked.push((probe, text(container, &format!("{place}/path")).to_owned()));
        let target = container.pointer(&format!("{place}/port")).cloned().unwrap_or_default();
        if !ports.iter().any(|(name, number)| *number == port && (target == *name || target == *number)) {
            found.push(format!("{probe}: {target} is not the port that it listens on"));
        }
    }
    for (place, path) in asked {
        if !facts.routes.contains(&path) {
            found.push(format!("{place}: nothing answers at `{path}`"));
        }
    }
    found
}
