//! One attempt to send a mail: logged with the request that caused it, and counted.

use evently_auth_domain::Auth;
use evently_auth_domain::mail::{Delivery, MailJob};
use tracing::Instrument;

/// Makes the attempt, in a span of its own, and writes down what became of it.
pub(crate) async fn attempt(auth: &Auth, job: &MailJob) {
    let span = tracing::info_span!(
        "mail",
        otel.kind = "consumer",
        otel.name = format_args!("send {}", job.mail.kind.as_str()),
        request_id = job.mail.request_id,
    );
    deliver(auth, job).instrument(span).await;
}

async fn deliver(auth: &Auth, job: &MailJob) {
    let kind = job.mail.kind.as_str();
    let (mail, number, request_id) = (job.id.0, job.attempt, job.mail.request_id.as_str());
    let to = job.mail.to.masked();
    let outcome = match auth.deliver_mail(job).await {
        Ok(Delivery::Sent) => {
            tracing::info!(mail, kind, to, attempt = number, request_id, "mail sent");
            "sent"
        }
        Ok(Delivery::Retry { at, reason }) => {
            tracing::warn!(mail, kind, to, attempt = number, request_id, %at, reason, "mail will be tried again");
            "retried"
        }
        Ok(Delivery::Dead { reason }) => {
            tracing::error!(mail, kind, to, attempt = number, request_id, reason, "mail given up");
            "dead"
        }
        Ok(Delivery::Expired) => {
            tracing::info!(mail, kind, to, attempt = number, request_id, "mail expired unsent");
            "expired"
        }
        // The lease ends by itself, and the mail is claimed again.
        Err(error) => {
            tracing::error!(mail, kind, to, attempt = number, request_id, %error, "mail not settled");
            "unsettled"
        }
    };
    metrics::counter!("evently_auth_mails_total", "kind" => kind, "outcome" => outcome).increment(1);
}
