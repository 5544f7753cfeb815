//! What wrk asks: a piece of Lua that makes requests, within a frame that counts answers.

use super::Pace;

/// Requests of one kind.
pub(crate) struct Script {
    /// Defines `request()`, perhaps `seen(status, headers, body)`, and what they need.
    body: String,
    /// Whether `response()` is needed: wrk is slower with it.
    looks: bool,
    /// Where the random numbers begin, so that two runs ask differently.
    seed: u32,
}

impl Script {
    /// GET `path`, with each of the access tokens in turn; without a header when there is none.
    pub(crate) fn get(path: &str, tokens: &[String]) -> Self {
        let body = format!(
            "local tokens = {tokens}\nlocal turn = 0\n\
             function request()\n  turn = turn % math.max(#tokens, 1) + 1\n  local token = tokens[turn]\n  \
             return wrk.format('GET', '{path}', token and {{ ['Authorization'] = 'Bearer ' .. token }} or {{}})\nend\n",
            tokens = list(tokens),
        );
        Self { body, looks: false, seed: 0 }
    }

    /// Logins of users picked at random from the first `users`; answers are looked at.
    pub(crate) fn login(users: u64, seed: u32) -> Self {
        let body = format!(
            "{POST}function request()\n  local user = math.random(1, {users})\n  \
             return post('/api/v1/auth/login', '{{\"email\":\"' .. string.format('user%d', user) .. \
             '@example.com\",\"password\":\"{PASSWORD}\"}}')\nend\n",
            PASSWORD = crate::site::PASSWORD,
        );
        Self { body, looks: true, seed }
    }

    /// Registrations, each of somebody new; no two seeds make the same people.
    pub(crate) fn register(seed: u32) -> Self {
        let body = format!(
            "{POST}local count = 0\nfunction request()\n  count = count + 1\n  \
             local name = string.format('new{seed}x%d', count)\n  \
             return post('/api/v1/auth/register', '{{\"email\":\"' .. name .. '@example.com\",\"username\":\"' .. name .. \
             '\",\"password\":\"{PASSWORD}\"}}')\nend\n",
            PASSWORD = crate::site::PASSWORD,
        );
        Self { body, looks: true, seed }
    }

    /// Codes for a new password, for one user after another: each is a mail.
    pub(crate) fn forgot(users: u64) -> Self {
        let body = format!(
            "{POST}local count = 0\nfunction request()\n  count = count % {users} + 1\n  \
             return post('/api/v1/auth/forgot-password', '{{\"email\":\"' .. string.format('user%d', count) .. \
             '@example.com\"}}')\nend\n",
        );
        Self { body, looks: true, seed: 0 }
    }

    /// Each refresh token is exchanged, and so is the one that it was exchanged for, and so on. There have to be more
    /// tokens than connections.
    pub(crate) fn refresh(tokens: &[String]) -> Self {
        let body = format!(
            "{POST}local waiting = {tokens}\nlocal first, last = 1, #waiting\n\
             function request()\n  local token = waiting[first]\n  waiting[first] = nil\n  first = first + 1\n  \
             return post('/api/v1/auth/refresh', '{{\"refresh_token\":\"' .. (token or 'none was left') .. '\"}}')\nend\n\
             function seen(status, headers, body)\n  last = last + 1\n  \
             waiting[last] = body:match('\"refresh_token\":\"([^\"]+)\"')\nend\n",
            tokens = list(tokens),
        );
        Self { body, looks: true, seed: 0 }
    }

    /// The whole script.
    pub(super) fn lua(&self, pace: Pace) -> String {
        let mut lua = format!("local seed = {}\n{FRAME}{}", self.seed, self.body);
        match pace {
            Pace::Busy { .. } if self.looks => lua.push_str(RESPONSE),
            Pace::Busy { .. } => {}
            Pace::Counted { count, .. } => {
                lua.push_str(&format!("local limit, asked = {count}, 0\n"));
                lua.push_str(COUNTED);
            }
            Pace::Arriving { per_second, .. } => {
                if self.looks {
                    lua.push_str(RESPONSE);
                }
                let mean = f64::from(pace.connections()) / per_second * 1e3;
                lua.push_str(&format!("local mean = {mean}\n"));
                lua.push_str(DELAY);
            }
        }
        lua
    }
}

/// Counts per thread; wrk gives each thread a world of its own, and `done` runs in yet another.
const FRAME: &str = r"
local threads = {}
function setup(thread)
  thread:set('number', #threads)
  table.insert(threads, thread)
end
function init()
  math.randomseed(seed * 1000 + number)
  answered, errors, overloaded, retry_after = 0, 0, 0, 0
end
function seen() end
function figures(requests, micros, errors, broken, overloaded, retry_after, p50, p99)
  io.write(string.format('figures requests=%d micros=%d errors=%d broken=%d overloaded=%d retry_after=%d p50=%d p99=%d\n',
    requests, micros, errors, broken, overloaded, retry_after, p50, p99))
  io.flush()
end
function done(summary, latency)
  local overloaded, retry_after = 0, 0
  for _, thread in ipairs(threads) do
    overloaded = overloaded + (thread:get('overloaded') or 0)
    retry_after = retry_after + (thread:get('retry_after') or 0)
  end
  local e = summary.errors
  figures(summary.requests, summary.duration, e.status, e.connect + e.read + e.write + e.timeout, overloaded,
    retry_after, latency:percentile(50), latency:percentile(99))
end
";

const POST: &str = "local json = { ['Content-Type'] = 'application/json' }\n\
    local function post(path, body) return wrk.format('POST', path, json, body) end\n";

const RESPONSE: &str = r"
function response(status, headers, body)
  if status == 503 then
    overloaded = overloaded + 1
    if headers['retry-after'] or headers['Retry-After'] then retry_after = retry_after + 1 end
  end
  seen(status, headers, body)
end
";

/// Before each request wrk asks how long to wait; the one too many would wait for longer than all of them take. wrk ends
/// with the last answer instead of with the time, so it never gets to `done`.
const COUNTED: &str = r"
function delay()
  asked = asked + 1
  return asked > limit and 3600000 or 0
end
function response(status, headers, body)
  answered = answered + 1
  if status >= 400 then errors = errors + 1 end
  seen(status, headers, body)
  if answered == limit then
    figures(answered, 0, errors, 0, 0, 0, 0, 0)
    os.exit(0)
  end
end
";

/// Pauses are drawn from an exponential distribution, as between strangers; in whole milliseconds, rounded up or down
/// by chance, so that short ones are right on average too. None is as long as the 5 s after which a server gives up
/// waiting for the first request of a connection.
const DELAY: &str = r"
function delay()
  return math.min(math.floor(-math.log(1 - math.random()) * mean + math.random()), 4500)
end
";

fn list(tokens: &[String]) -> String {
    let quoted: Vec<_> = tokens.iter().map(|token| format!("'{token}'")).collect();
    format!("{{ {} }}", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const TIME: Duration = Duration::from_secs(1);

    #[test]
    fn answers_are_looked_at_only_where_they_matter() {
        let busy = Pace::Busy { connections: 1, time: TIME };
        let counted = Pace::Counted { connections: 8, count: 3 };
        assert!(!Script::get("/health/live", &[]).lua(busy).contains("function response"));
        assert!(Script::refresh(&[]).lua(busy).contains("function response"));
        assert!(Script::get("/health/live", &[]).lua(counted).contains("local limit, asked = 3, 0"));
    }

    #[test]
    fn arrivals_are_spread_over_the_connections() {
        let pace = Pace::Arriving { per_second: 1_024.0, time: TIME };
        assert!(Script::login(5, 1).lua(pace).contains("local mean = 400.390625\n"));
    }

    #[test]
    fn tokens_and_people_stand_in_the_script() {
        let script = Script::get("/api/v1/auth/me", &["a.b".to_owned(), "c".to_owned()]);
        assert!(script.body.contains("{ 'a.b', 'c' }"));
        assert!(Script::login(1_000, 1).body.contains("math.random(1, 1000)"));
        assert_ne!(Script::register(1).body, Script::register(2).body);
    }
}
