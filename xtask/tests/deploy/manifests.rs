//! Kubernetes' own types read the manifests and write them again: what is lost on the way was no field of theirs.

use k8s_openapi::api::{apps::v1 as apps, autoscaling::v2 as autoscaling, batch::v1 as batch};
use k8s_openapi::api::{core::v1 as core, networking::v1 as networking, policy::v1 as policy};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// What is wrong with a manifest by itself.
pub(crate) fn problems(path: &str, manifest: &Value) -> Vec<String> {
    let kind = (super::documents::text(manifest, "/apiVersion"), super::documents::text(manifest, "/kind"));
    let read = match kind {
        ("v1", "ConfigMap") => again::<core::ConfigMap>(manifest),
        ("v1", "Secret") => again::<core::Secret>(manifest),
        ("v1", "Service") => again::<core::Service>(manifest),
        ("v1", "ServiceAccount") => again::<core::ServiceAccount>(manifest),
        ("apps/v1", "Deployment") => again::<apps::Deployment>(manifest),
        ("batch/v1", "Job") => again::<batch::Job>(manifest),
        ("policy/v1", "PodDisruptionBudget") => again::<policy::PodDisruptionBudget>(manifest),
        ("autoscaling/v2", "HorizontalPodAutoscaler") => {
            again::<autoscaling::HorizontalPodAutoscaler>(manifest)
        }
        ("networking.k8s.io/v1", "NetworkPolicy") => again::<networking::NetworkPolicy>(manifest),
        ("networking.k8s.io/v1", "Ingress") => again::<networking::Ingress>(manifest),
        ("kustomize.config.k8s.io/v1beta1", "Kustomization") => again::<Kustomization>(manifest),
        (version, kind) => {
            Err(format!("{version} {kind} is nothing that is checked; add it to manifests.rs"))
        }
    };
    let mut found = Vec::new();
    match read {
        Ok(read) => lost("", manifest, &read, &mut found),
        Err(error) => found.push(error),
    }
    found.into_iter().map(|problem| format!("{path}: {}: {problem}", kind.1)).collect()
}

fn again<T: DeserializeOwned + Serialize>(manifest: &Value) -> Result<Value, String> {
    let typed: T = serde_json::from_value(manifest.clone()).map_err(|error| error.to_string())?;
    serde_json::to_value(typed).map_err(|error| error.to_string())
}

/// Names what `given` has and `read` has not, or has otherwise.
fn lost(place: &str, given: &Value, read: &Value, found: &mut Vec<String>) {
    match (given, read) {
        (Value::Object(given), Value::Object(read)) => {
            for (name, value) in given {
                let place = format!("{place}/{name}");
                match read.get(name) {
                    Some(read) => lost(&place, value, read, found),
                    None => found.push(format!("{place}: there is no such field")),
                }
            }
        }
        (Value::Array(given), Value::Array(read)) if given.len() == read.len() => {
            for (index, (given, read)) in given.iter().zip(read).enumerate() {
                lost(&format!("{place}/{index}"), given, read, found);
            }
        }
        (given, read) if given != read => found.push(format!("{place}: {given} is read as {read}")),
        _ => {}
    }
}

/// The part of a kustomization that is used here.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kustomization {
    api_version: String,
    kind: String,
    resources: Vec<String>,
    images: Vec<Image>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Image {
    name: String,
    new_name: String,
    new_tag: String,
}
