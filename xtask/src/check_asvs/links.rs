//! Links of a proof to other documents: the file is there, and so is the heading.

use std::fs;
use std::path::Path;

/// The targets of the links in a line of Markdown.
pub(super) fn targets(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target).collect()
}

/// Whether `target`, relative to `folder`, exists; a part after `#` is a heading of it.
pub(super) fn check(folder: &Path, target: &str) -> Result<(), String> {
    let (file, heading) = target.split_once('#').map_or((target, None), |(file, rest)| (file, Some(rest)));
    let path = folder.join(file);
    let Some(heading) = heading else {
        return if path.exists() { Ok(()) } else { Err(format!("{target} is not there")) };
    };
    let text = fs::read_to_string(&path).map_err(|error| format!("{target}: {error}"))?;
    let mut headings = text.lines().filter(|line| line.starts_with('#')).map(anchor);
    if headings.any(|anchor| anchor == heading) {
        Ok(())
    } else {
        Err(format!("{target}: there is no such heading"))
    }
}

/// What a page makes of a heading: lower case, `-` for spaces, no punctuation.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_headings_are_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.md"), "# One\ntext\n## Keys, and what `ends`\n").unwrap();
        for good in ["a.md", "a.md#one", "a.md#keys-and-what-ends"] {
            assert_eq!(check(folder.path(), good), Ok(()), "{good}");
        }
        for bad in ["b.md", "b.md#one", "a.md#two", "a.md#text"] {
            assert!(check(folder.path(), bad).is_err(), "{bad}");
        }
        assert_eq!(targets("[a](a.md), `b c` and [d](e.md#f)"), ["a.md", "e.md#f"]);
    }
}
