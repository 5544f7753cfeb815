//! The handbook: its commands are commands, and what it points to is there.

use crate::tree::Tree;

/// The handbook.
pub(crate) const PATH: &str = "docs/operations.md";
const COMMANDS: &str = "crates/server/src/cli.rs";

pub(crate) fn problems(tree: &Tree) -> Vec<String> {
    let text = tree.read(PATH);
    let commands = tree.read(COMMANDS);
    let anchors = anchors(&text);
    let mut found = Vec::new();
    for words in commands_in(&text) {
        for word in words {
            if !has_word(&commands, &capitalised(&word)) {
                found.push(format!("{PATH}: evently-auth has no command `{word}`"));
            }
        }
    }
    for target in links(&text) {
        let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
        if file.is_empty() && !anchors.iter().any(|known| known == anchor) {
            found.push(format!("{PATH}: no heading makes #{anchor}"));
        } else if !file.is_empty() && !file.contains("://") && !tree.has(&format!("docs/{file}")) {
            found.push(format!("{PATH}: there is no docs/{file}"));
        }
    }
    found
}

/// The anchors that headings make.
pub(crate) fn anchors(markdown: &str) -> Vec<String> {
    let headings = markdown.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| line.trim_start_matches('#').trim()).map(anchor).collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The command words behind each `evently-auth` in code, such as `migrate` and `up`.
fn commands_in(markdown: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (_, after) in
        markdown.match_indices("evently-auth ").map(|(at, name)| markdown.split_at(at + name.len()))
    {
        let words = after
            .split(' ')
            .take_while(|word| word.chars().all(|c| c.is_ascii_lowercase()) && !word.is_empty());
        let words: Vec<_> = words.map(str::to_owned).take(2).collect();
        found.push(words);
    }
    found
}

/// `Up` for `up`; with what ends the word cut off.
fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|known| known == word)
}

fn links(markdown: &str) -> Vec<String> {
    markdown.split("](").skip(1).filter_map(|rest| rest.split(')').next()).map(str::to_owned).collect()
}
