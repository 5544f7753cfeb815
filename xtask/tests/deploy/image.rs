//! The image: what it starts, as whom, and that nothing is run where no shell is.

use crate::tree::Tree;

const DOCKERFILE: &str = "deploy/Dockerfile";
const IGNORED: &str = "deploy/Dockerfile.dockerignore";
/// What the last stage has to say.
const REQUIRED: &[&str] = &["USER", "HEALTHCHECK", "STOPSIGNAL", "ENTRYPOINT", "LABEL"];

pub(crate) fn problems(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    let text = tree.read(DOCKERFILE).replace("\\\n", " ");
    let instructions: Vec<(&str, &str)> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| line.trim().split_once(char::is_whitespace))
        .collect();
    let last_stage = instructions.iter().rposition(|(name, _)| *name == "FROM").unwrap_or_default();
    let (build, last) = instructions.split_at(last_stage);
    for required in REQUIRED {
        if !last.iter().any(|(name, _)| name == required) {
            found.push(format!("{DOCKERFILE}: the last stage has no {required}"));
        }
    }
    for (name, rest) in last {
        if *name == "RUN" {
            found.push(format!("{DOCKERFILE}: RUN {rest}: the last stage has no shell"));
        }
        if matches!(*name, "ENTRYPOINT" | "CMD") && !rest.starts_with('[')
            || *name == "HEALTHCHECK" && !rest.contains("CMD [")
        {
            found.push(format!("{DOCKERFILE}: {name} {rest}: needs a shell; write a list"));
        }
        let user = rest.split(':').next().unwrap_or_default();
        if *name == "USER" && (user.parse() == Ok(0_u32) || user.parse::<u32>().is_err()) {
            found.push(format!(
                "{DOCKERFILE}: USER {rest}: take a number other than 0, which clusters can check"
            ));
        }
    }
    for (_, rest) in build.iter().chain(last).filter(|(name, _)| *name == "FROM") {
        let image = rest.split_whitespace().next().unwrap_or_default();
        if !image.contains(':') || image.ends_with(":latest") {
            found.push(format!("{DOCKERFILE}: FROM {image} has no version"));
        }
    }
    for path in tree.read(IGNORED).lines().filter_map(|line| line.strip_prefix('!')) {
        if !tree.has(path) {
            found.push(format!("{IGNORED}: there is no {path}"));
        }
    }
    found
}
