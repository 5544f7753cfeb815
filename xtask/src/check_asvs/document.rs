//! The tables of `docs/asvs.md`, row by row. How many cells a row has says what it claims.

/// A row about one requirement or several.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// Counted from 1.
    pub(super) line: usize,
    /// Such as `V6.2.1`; where a requirement does not apply also a section or a chapter.
    pub(super) ids: Vec<&'a str>,
    pub(super) kind: Kind<'a>,
}

/// What a row says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    /// `ids | why`
    NotApplicable { why: &'a str },
    /// `id | level | what it asks | what is missing`, under a heading that begins with "Open"
    Open { level: &'a str, missing: &'a str },
    /// `id | level | what it asks | how it is kept | proof`
    Kept { level: &'a str, proof: &'a str },
}

/// The rows, and a sentence for each that cannot be read.
pub(super) fn rows(text: &str) -> (Vec<Row<'_>>, Vec<String>) {
    let (mut rows, mut faults, mut open) = (Vec::new(), Vec::new(), false);
    for (number, line) in text.lines().enumerate() {
        if let Some(heading) = line.strip_prefix("## ") {
            open = heading.starts_with("Open");
        }
        let Some(cells) = line.strip_prefix("| ").and_then(|rest| rest.strip_suffix('|')) else { continue };
        if !cells.starts_with('V') {
            continue;
        }
        let cells: Vec<&str> = cells.split('|').map(str::trim).collect();
        let (ids, kind) = match cells.as_slice() {
            [ids, why] => (ids, Kind::NotApplicable { why }),
            [id, level, _, missing] if open => (id, Kind::Open { level, missing }),
            [id, level, _, _, proof] if !open => (id, Kind::Kept { level, proof }),
            _ => {
                faults.push(format!(":{}: {} cells are not what stands here", number + 1, cells.len()));
                continue;
            }
        };
        rows.push(Row { line: number + 1, ids: ids.split(", ").collect(), kind });
    }
    (rows, faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_and_headings_say_what_a_row_claims() {
        let text = "## Open\n| id | level |\n| --- | --- |\n| V1.1.1 | 2 | once | a test |\n\
            ## V1 Encoding\n| V1.1.2 | 2 | last | by us | `a b` |\n\n| V1.2.6, V1.3 | no LDAP |\n";
        let (rows, faults) = rows(text);
        assert_eq!(faults, Vec::<String>::new());
        let read: Vec<_> = rows.iter().map(|row| (row.line, row.ids.as_slice())).collect();
        assert_eq!(read, [(4, &["V1.1.1"][..]), (6, &["V1.1.2"]), (8, &["V1.2.6", "V1.3"])]);
        assert_eq!(rows[0].kind, Kind::Open { level: "2", missing: "a test" });
        assert_eq!(rows[1].kind, Kind::Kept { level: "2", proof: "`a b`" });
        assert_eq!(rows[2].kind, Kind::NotApplicable { why: "no LDAP" });
    }

    #[test]
    fn a_row_in_the_wrong_place_is_a_fault() {
        for text in ["## Open\n| V1.1.1 | 2 | a | b | c |", "## V1\n| V1.1.1 | 2 | a | b |", "| V1.1.1 |"] {
            let (rows, faults) = rows(text);
            assert_eq!((rows.len(), faults.len()), (0, 1), "{text}");
        }
    }
}
