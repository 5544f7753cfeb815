//! Guessing in parallel, on two instances, gains nothing over guessing once; and a code is good for what it was made for,
//! and once.

use super::crowd::{CROWD, at_once, count, persistent};
use crate::harness::{PASSWORD, Production, address, body};
use serde_json::{Value, json};

const NEW_PASSWORD: &str = "a moth in relay seventy";

/// Answers to one kind of code: the route, and the answer's status with the attempts that are left.
fn try_code(site: &Production, route: &str, name: &str, code: &str) -> (u16, Option<i64>) {
    let mut proof = json!({"email": address(name), "otp": code});
    if route == "reset-password" {
        proof["new_password"] = NEW_PASSWORD.into();
    }
    let answer = site.post(&format!("/api/v1/auth/{route}"), &proof).send().unwrap();
    let status = answer.status().as_u16();
    (status, answer.json::<Value>().unwrap()["remaining_attempts"].as_i64())
}

fn verify(site: &Production, name: &str, code: &str) -> u16 {
    try_code(site, "verify-email", name, code).0
}

fn reset(site: &Production, name: &str, code: &str) -> u16 {
    try_code(site, "reset-password", name, code).0
}

/// The `number`th code that is not `code`.
fn wrong(code: &str, number: usize) -> String {
    let code: usize = code.parse().unwrap();
    format!("{:06}", (code + 1 + number) % 1_000_000)
}

fn ask_for_code(site: &Production, route: &str, name: &str) {
    body(site.post(&format!("/api/v1/auth/{route}"), &json!({"email": address(name)})).send().unwrap(), 200);
}

fn login(site: &Production, who: (&str, &str), password: &str) -> u16 {
    let mut login = json!({"password": password});
    login[who.0] = who.1.into();
    site.post("/api/v1/auth/login", &login).send().unwrap().status().as_u16()
}

#[test]
fn of_64_codes_at_once_three_are_looked_at_and_one_is_used_for_what_it_is_for() {
    let site = Production::start_pair(&[]);
    three_are_looked_at(&site);
    one_address_one_purpose_and_one_use(&site);
}

fn three_are_looked_at(site: &Production) {
    // Wrong ones alone: the counter goes 2, 1, 0 once, and the code is dead.
    for (name, route) in [("ada", "verify-email"), ("grace", "reset-password")] {
        site.register(name);
        let mut code = site.code(&address(name));
        if route == "reset-password" {
            assert_eq!(verify(site, name, &code), 200);
            ask_for_code(site, "forgot-password", name);
            code = site.code_after(&address(name), &code);
        }
        let answers = at_once(CROWD, |number| try_code(site, route, name, &wrong(&code, number)));
        assert_eq!([2, 1, 0].map(|left| count(&answers, &(400, Some(left)))), [1, 1, CROWD - 2], "{route}");
        assert_eq!(try_code(site, route, name, &code), (400, Some(0)), "{route}: the code is dead");
    }
    // The same for an address that nobody has.
    let answers = at_once(CROWD, |number| try_code(site, "verify-email", "nobody", &wrong("0", number)));
    assert_eq!([2, 1, 0].map(|left| count(&answers, &(400, Some(left)))), [1, 1, CROWD - 2]);

    // The right one among them, at different places: it counts if it is one of the first three, and else it is dead.
    for (round, place) in [0, 1, 2, 3, CROWD / 2, CROWD - 1].into_iter().enumerate() {
        let name = &format!("lucky-{round}");
        site.register(name);
        let code = site.code(&address(name));
        let guess = |number| if number == place { code.clone() } else { wrong(&code, number) };
        let answers = at_once(CROWD, |number| try_code(site, "verify-email", name, &guess(number)));
        let accepted = answers.iter().filter(|(status, _)| *status == 200).count();
        assert_eq!(answers[place].0 == 200, accepted == 1, "{answers:?}");
        // A success starts the count again, for a slot in which there is no code any more.
        for left in [2, 1] {
            assert!(count(&answers, &(400, Some(left))) <= 1 + accepted, "{answers:?}");
        }
        assert_eq!(verify(site, name, &code), 400, "used or dead");
        assert_eq!(login(site, ("username", name), PASSWORD), if accepted == 1 { 200 } else { 403 });
    }
    // The right one alone, by everybody at once.
    site.register("crowd");
    let code = site.code(&address("crowd"));
    let statuses = at_once(CROWD, |_| verify(site, "crowd", &code));
    assert_eq!(count(&statuses, &200), 1);
    ask_for_code(site, "forgot-password", "crowd");
    let code = site.code_after(&address("crowd"), &code);
    let statuses = at_once(CROWD, |_| reset(site, "crowd", &code));
    assert_eq!(count(&statuses, &200), 1);
    let done = "action = 'account.password_reset' AND outcome = 'success'";
    assert_eq!(site.sql(&format!("SELECT count(*) FROM audit_log WHERE {done}")), "1");
}

#[test]
fn of_64_passwords_at_once_five_are_looked_at() {
    let site = Production::start_pair(&[
        ("RATE_LIMIT_LOGIN", "5"),
        ("RATE_LIMIT_PASSWORD", "5"),
        ("RATE_LIMIT_RESEND", "3"),
    ]);
    let ada = site.signed_in("ada");
    for name in ["ada", "nobody"] {
        let statuses = at_once(CROWD, |number| {
            login(&site, ("email", &address(name)), &format!("not the right one {number}"))
        });
        assert_eq!([401, 429].map(|status| count(&statuses, &status)), [5, CROWD - 5], "{name}");
    }
    assert_eq!(
        login(&site, ("email", &address("ada")), PASSWORD),
        429,
        "the right one is not looked at either"
    );
    assert_eq!(failed_logins(&site, "IS NULL"), "10");
    assert_eq!(failed_logins(&site, "= 'rate limited'"), "2", "one for each name, not for each guess");

    // Whoever found an open session guesses its password no faster, by neither of the two ways.
    let statuses = at_once(CROWD, |number| {
        let guess = format!("not the right one {number}");
        let request = if number % 2 == 0 {
            let change = json!({"current_password": guess, "new_password": NEW_PASSWORD});
            site.post("/api/v1/auth/change-password", &change)
        } else {
            let change = json!({"current_password": guess, "email": address("thief")});
            site.put("/api/v1/auth/me", &change)
        };
        request.bearer_auth(&ada.access).send().unwrap().status().as_u16()
    });
    assert_eq!([400, 429].map(|status| count(&statuses, &status)), [5, CROWD - 5]);

    // Codes are asked for as often for everybody.
    site.register("waiting");
    for (route, name) in [
        ("resend-otp", "waiting"),
        ("resend-otp", "nobody"),
        ("forgot-password", "ada"),
        ("forgot-password", "stranger"),
    ] {
        let ask = |_| {
            let asked = site.post(&format!("/api/v1/auth/{route}"), &json!({"email": address(name)}));
            asked.send().unwrap().status().as_u16()
        };
        let statuses = at_once(CROWD, ask);
        assert_eq!([200, 429].map(|status| count(&statuses, &status)), [3, CROWD - 3], "{route}: {name}");
    }
}

/// Guessers who are everywhere at once, as a proxy says.
#[test]
fn of_64_networks_at_once_as_many_are_looked_at_as_strangers_may_try() {
    let site = Production::start_pair(&[
        ("TRUSTED_PROXIES", "127.0.0.1/32"),
        ("RATE_LIMIT_LOGIN", "5"),
        ("RATE_LIMIT_LOGIN_ACCOUNT", "20"),
    ]);
    site.signed_in("ada");
    let login = |who: (&str, &str), password: &str, network: usize, device: &str| {
        let mut login = json!({"password": password});
        login[who.0] = who.1.into();
        let request = site.post("/api/v1/auth/login", &login);
        let from = format!("198.51.100.{network}");
        request.header("X-Forwarded-For", from).header("X-Device-Token", device)
    };
    let (email, wrong) = (address("ada"), "not the right one");
    let by_address = ("email", email.as_str());
    let [device, other] = [201, 202].map(|network| {
        let answer = login(by_address, PASSWORD, network, "").send().unwrap();
        answer.headers()["x-device-token"].to_str().unwrap().to_owned()
    });
    let nobody = address("nobody");
    for who in [by_address, ("username", "ada"), ("email", nobody.as_str()), ("username", "nobody")] {
        let statuses = at_once(CROWD, |network| persistent(|| login(who, wrong, network, "")));
        assert_eq!([401, 429].map(|status| count(&statuses, &status)), [20, CROWD - 20], "{who:?}");
        assert_eq!(login(who, PASSWORD, 100, "").send().unwrap().status(), 429, "{who:?}");
    }
    // A device has five of its own, by whichever name and from wherever.
    let statuses = at_once(CROWD, |network| {
        let who = if network % 2 == 0 { by_address } else { ("username", "ada") };
        persistent(|| login(who, wrong, network, &device))
    });
    assert_eq!([401, 429].map(|status| count(&statuses, &status)), [5, CROWD - 5]);
    assert_eq!(login(by_address, PASSWORD, 203, &device).send().unwrap().status(), 429);
    assert_eq!(login(by_address, PASSWORD, 203, &other).send().unwrap().status(), 200);
    assert_eq!(failed_logins(&site, "IS NULL"), "85", "what was looked at, and no more");
}

/// How many failed logins the audit has with this detail.
fn failed_logins(site: &Production, detail: &str) -> String {
    let failures = format!("action = 'session.logged_in' AND outcome = 'failure' AND detail {detail}");
    site.sql(&format!("SELECT count(*) FROM audit_log WHERE {failures}"))
}

/// The code of a move to another address proves that address to that account, and nothing else.
fn of_a_move(site: &Production) {
    let names = ["joan", "ida"];
    let people = names.map(|name| site.signed_in(name));
    site.register("stibitz");
    let of_stibitz = site.code(&address("stibitz"));
    let codes = [0, 1].map(|who| {
        let to = address(&format!("{}-moved", names[who]));
        let change = json!({"email": to, "current_password": PASSWORD});
        body(site.put("/api/v1/auth/me", &change).bearer_auth(&people[who].access).send().unwrap(), 200);
        site.code(&to)
    });
    // Neither for the old address, nor for one that another account moves to or waits with, nor for a password.
    assert_eq!(verify(site, "joan", &codes[0]), 400);
    if codes[0] != codes[1] {
        assert_eq!(verify(site, "ida-moved", &codes[0]), 400);
    }
    if codes[0] != of_stibitz {
        assert_eq!(verify(site, "stibitz", &codes[0]), 400);
    }
    for name in ["joan", "joan-moved"] {
        assert_eq!(reset(site, name, &codes[0]), 400);
        assert_eq!(login(site, ("email", &address(name)), NEW_PASSWORD), 401);
    }
    for (name, tokens) in names.iter().zip(&people) {
        let me = body(site.me(tokens), 200);
        assert_eq!(
            (&me["email"], &me["pending_email"]),
            (&json!(address(name)), &json!(address(&format!("{name}-moved"))))
        );
    }
    // Nor is a code of the old address's one for the new one.
    ask_for_code(site, "forgot-password", "joan");
    let of_reset = site.code_after(&address("joan"), &codes[0]);
    if of_reset != codes[0] {
        assert_eq!(verify(site, "joan-moved", &of_reset), 400);
    }
    // Each is still good for what it was made for, once.
    for ((name, code), tokens) in names.iter().zip(&codes).zip(&people) {
        let moved = format!("{name}-moved");
        assert_eq!([verify(site, &moved, code), verify(site, &moved, code)], [200, 400]);
        assert_eq!(body(site.me(tokens), 200)["email"], address(&moved));
    }
    assert_eq!(reset(site, "joan", &of_reset), 400, "a code of the address that was left");
}

fn one_address_one_purpose_and_one_use(site: &Production) {
    for name in ["eve", "mary"] {
        site.register(name);
    }
    let (of_eve, of_mary) = (site.code(&address("eve")), site.code(&address("mary")));
    // Across addresses (unless both codes happen to be equal) and purposes; then once, and once again.
    if of_eve != of_mary {
        assert_eq!(verify(site, "eve", &of_mary), 400);
    }
    assert_eq!(reset(site, "eve", &of_eve), 400);
    assert_eq!(login(site, ("username", "eve"), NEW_PASSWORD), 401, "a verification code sets no password");
    assert_eq!(verify(site, "eve", &of_eve), 200);
    assert_eq!(verify(site, "eve", &of_eve), 400);

    // A code of a reset proves no address, not even while that waits for its proof.
    ask_for_code(site, "forgot-password", "mary");
    let of_reset = site.code_after(&address("mary"), &of_mary);
    if of_reset != of_mary {
        assert_eq!(verify(site, "mary", &of_reset), 400);
    }
    assert_eq!(login(site, ("username", "mary"), PASSWORD), 403, "not verified by that");
    assert_eq!(reset(site, "eve", &of_reset), 400);
    assert_eq!(reset(site, "mary", &of_reset), 200);
    assert_eq!(reset(site, "mary", &of_reset), 400);
    assert_eq!(login(site, ("username", "mary"), NEW_PASSWORD), 200, "which a reset proves");
    assert_eq!(verify(site, "mary", &of_mary), 400, "there is nothing left to prove");

    of_a_move(site);

    // After a new code the old one is dead, and after three wrong ones any is, until there is another.
    site.register("hedy");
    let old = site.code(&address("hedy"));
    ask_for_code(site, "resend-otp", "hedy");
    let new = site.code_after(&address("hedy"), &old);
    assert_eq!(verify(site, "hedy", &old), 400);
    for number in 0..2 {
        assert_eq!(verify(site, "hedy", &wrong(&new, number)), 400);
    }
    assert_eq!(try_code(site, "verify-email", "hedy", &new), (400, Some(0)));
    ask_for_code(site, "resend-otp", "hedy");
    let last = site.code_after(&address("hedy"), &new);
    assert_eq!(verify(site, "hedy", &new), 400);
    assert_eq!(verify(site, "hedy", &last), 200);

    // Whoever registers an address anew gets it with a code of the new registration, never with one of the old.
    site.register("hopper");
    let of_old = site.code(&address("hopper"));
    let again = json!({"email": address("hopper"), "username": "thief", "password": NEW_PASSWORD});
    body(site.post("/api/v1/auth/register", &again).send().unwrap(), 201);
    let of_new = site.code_after(&address("hopper"), &of_old);
    assert_eq!(verify(site, "hopper", &of_old), 400);
    assert_eq!(login(site, ("username", "thief"), NEW_PASSWORD), 403);
    assert_eq!(login(site, ("email", &address("hopper")), PASSWORD), 401, "the old registration is gone");
    assert_eq!(verify(site, "hopper", &of_new), 200);
}
