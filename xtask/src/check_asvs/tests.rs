//! What the check finds, on a small standard of three requirements.

use super::*;

const GOOD: &str = "\
## Open
| V1.1.3 | 2 | a third thing | somebody who does it |
## V1 Encoding
| V1.1.1 | 1 | one thing | somehow | `house rooms::door` |
| V1.1.2 | 2 | another thing | somehow | `cargo xtask test: format`, [there](here.md#where) |
";

fn faults(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("docs")).unwrap();
    fs::write(folder.path().join("docs/here.md"), "## Where\n").unwrap();
    let requirement = |id: &str, level| Requirement { id: id.to_owned(), level };
    let requirements = [
        requirement("V1.1.1", 1),
        requirement("V1.1.2", 2),
        requirement("V1.1.3", 2),
        requirement("V1.1.4", 3),
    ];
    let tests = BTreeSet::from(["house rooms::door".to_owned()]);
    Check { requirements: &requirements, tests: &tests, steps: &["format"], root: folder.path() }.faults(text)
}

#[track_caller]
fn is_refused(change: (&str, &str), because: &str) {
    assert!(GOOD.contains(change.0));
    let found = faults(&GOOD.replacen(change.0, change.1, 1));
    assert!(found.len() == 1 && found[0].contains(because), "{found:?}");
}

#[test]
fn a_sound_document_has_no_faults() {
    assert_eq!(faults(GOOD), Vec::<String>::new());
    assert_eq!(faults("| V1.1.1, V1.1.2 | no such thing |\n| V1.1.3 | neither |"), Vec::<String>::new());
    assert_eq!(faults("| V1 | none of it |"), Vec::<String>::new());
}

#[test]
fn a_test_that_is_gone_or_renamed_is_told_with_its_line() {
    is_refused(("rooms::door", "rooms::window"), ":4: `house rooms::window` is no test that runs");
    is_refused(("house rooms", "garden rooms"), "`garden rooms::door` is no test that runs");
}

#[test]
fn other_documents_name_tests_that_are_there() {
    let tests = BTreeSet::from(["evently-auth-house rooms::door".to_owned()]);
    let good =
        "`cargo`, `evently-auth-worker`, `evently-auth audit verify` and `evently-auth-house\nrooms::door`";
    assert_eq!(gone(good, &tests), Vec::<String>::new());
    assert_eq!(gone(&good.replace("door", "roof"), &tests).len(), 1);
    assert_eq!(gone("`rooms::door`", &tests), ["`rooms::door` is no test that runs"], "a short form");
}

#[test]
fn steps_and_documents_have_to_exist() {
    is_refused(("test: format", "test: beauty"), "`cargo xtask test: beauty` is no test");
    is_refused(("#where", "#when"), "no such heading");
    is_refused(("here.md#where", "gone.md"), "gone.md is not there");
}

#[test]
fn each_requirement_stands_there_once() {
    is_refused(
        ("| V1.1.2 | 2 | another thing | somehow |", "| nothing | 2 |"),
        "V1.1.2 stands in it 0 times",
    );
    is_refused(("## V1", "| V1.1.1 | again |\n## V1"), "V1.1.1 stands in it 2 times");
    is_refused(("V1.1.2 | 2 |", "V1.1.2, V9.9.9 | 2 |"), "there is no requirement V9.9.9");
    is_refused(("## V1 E", "| V1.1.4 | a |\n| V1.1.4 | b |\n## V1 E"), "V1.1.4 stands in it 2 times");
}

#[test]
fn levels_are_those_of_the_standard() {
    is_refused(("V1.1.2 | 2", "V1.1.2 | 1"), "V1.1.2 is no single requirement of level 1");
    is_refused(("V1.1.3 | 2", "V1.1.3 | "), "V1.1.3 is no single requirement of level");
}

#[test]
fn a_row_has_a_proof_or_says_why_not() {
    is_refused(("`house rooms::door`", "surely"), "nothing proves it");
    is_refused(("`house rooms::door`", ""), "nothing proves it");
    is_refused(("somebody who does it", ""), "says neither why nor what is missing");
}
