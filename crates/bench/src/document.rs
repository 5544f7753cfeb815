//! `docs/performance.md`: the table of the last run stands between two marks, and the plots beside it.

use std::fs;
use std::path::Path;

use anyhow::Context;

const BEGIN: &str = "<!-- bench:begin -->";
const END: &str = "<!-- bench:end -->";
const FILE: &str = "docs/performance.md";
const PLOTS: &str = "docs/performance";

/// Writes both below `root`.
pub(crate) fn write(root: &Path, table: &str, plots: &[(&str, String)]) -> anyhow::Result<()> {
    let file = root.join(FILE);
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {FILE}"))?;
    let text = replaced(&text, table).with_context(|| format!("{FILE} has no {BEGIN} and {END}"))?;
    fs::write(&file, text).with_context(|| format!("cannot write {FILE}"))?;
    let folder = root.join(PLOTS);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {PLOTS}"))?;
    for (name, svg) in plots {
        fs::write(folder.join(name), svg).with_context(|| format!("cannot write {PLOTS}/{name}"))?;
    }
    Ok(())
}

fn replaced(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", table.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_the_marks_is_replaced() {
        let text = format!("above\n{BEGIN}\nold\n{END}\nbelow\n");
        let new = replaced(&text, "new\n").unwrap();
        assert_eq!(new, format!("above\n{BEGIN}\n\nnew\n\n{END}\nbelow\n"));
        assert_eq!(replaced(&new, "new").as_deref(), Some(new.as_str()), "a second time changes nothing");
        assert_eq!(replaced("no marks", "new"), None);
    }
}
