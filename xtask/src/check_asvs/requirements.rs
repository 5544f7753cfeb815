//! The requirements of OWASP ASVS 5.0.0: their ids and levels alone. What they ask stands, in our words, in the document.

use anyhow::Context;

/// One of them.
#[derive(Debug)]
pub(super) struct Requirement {
    /// Such as `V6.2.1`.
    pub(super) id: String,
    /// The lowest level that asks for it, 1 to 3.
    pub(super) level: u8,
}

impl Requirement {
    /// Whether `id` is this requirement, or its section (`V6.2`), or its chapter (`V6`).
    pub(super) fn is_covered_by(&self, id: &str) -> bool {
        self.id.strip_prefix(id).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

/// All of them, in order.
pub(super) fn all() -> anyhow::Result<Vec<Requirement>> {
    include_str!("requirements.txt").lines().map(|line| read(line).context(line)).collect()
}

fn read(line: &str) -> anyhow::Result<Requirement> {
    let (id, level) = line.split_once(' ').context("an id and a level")?;
    Ok(Requirement { id: id.to_owned(), level: level.parse()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_that_of_the_standard() {
        let all = all().unwrap();
        let of_level = |level| all.iter().filter(|requirement| requirement.level == level).count();
        assert_eq!([1, 2, 3].map(of_level), [70, 183, 92]);
        assert_eq!((all[0].id.as_str(), all[344].id.as_str()), ("V1.1.1", "V17.3.2"));
    }

    #[test]
    fn sections_and_chapters_cover_what_is_in_them() {
        let requirement = Requirement { id: "V12.1.1".to_owned(), level: 1 };
        for id in ["V12", "V12.1", "V12.1.1"] {
            assert!(requirement.is_covered_by(id), "{id}");
        }
        for id in ["V1", "V12.1.10", "V12.10", "V12.1.", ""] {
            assert!(!requirement.is_covered_by(id), "{id}");
        }
    }
}
