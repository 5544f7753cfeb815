//! `/problems` and `/problems/{slug}`: what each `type` of a problem document means, and what to do about it.

use super::explanations::{Explanation, explanation};
use super::{KEEP_BRIEFLY, STATIC_POLICY, page};
use crate::problem::{Problem, ProblemKind};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{self, Path, ServiceConfig};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;

/// Stands for a request id in examples.
const REQUEST_ID: &str = "0f8d2c6e-54b1-4a39-9a53-7c1e6b0d2f48";

#[derive(Template)]
#[template(path = "problems.html")]
struct ProblemsPage {
    kinds: &'static [ProblemKind],
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    kind: ProblemKind,
    happens: &'static str,
    remedy: &'static str,
    headers: Vec<(String, String)>,
    example: String,
}

async fn problems() -> Result<HttpResponse, Problem> {
    page(&ProblemsPage { kinds: &ProblemKind::ALL }, STATIC_POLICY, KEEP_BRIEFLY)
}

async fn problem(slug: Path<String>) -> Result<HttpResponse, Problem> {
    let kind = ProblemKind::from_slug(&slug).ok_or_else(Problem::unknown_route)?;
    let Explanation { happens, remedy, example } = explanation(kind);
    let headers = example.error_response().headers().iter().map(readable).collect();
    let example = serde_json::to_string_pretty(&example.body(REQUEST_ID)).map_err(Problem::internal)?;
    page(&ProblemPage { kind, happens, remedy, headers, example }, STATIC_POLICY, KEEP_BRIEFLY)
}

fn readable((name, value): (&HeaderName, &HeaderValue)) -> (String, String) {
    (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Registers the pages.
pub(super) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/problems").route(web::get().to(problems)));
    cfg.service(web::resource("/problems/{slug}").route(web::get().to(problem)));
}
