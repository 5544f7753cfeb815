//! How many accounts there are of the kinds that a filter asks for, and where a far page of them starts, without
//! reading the accounts: from `user_counts` and the changes that were not added to it yet. Both are exact: what a
//! statement sees of them is of the same moment as what it sees of the accounts.

use evently_auth_domain::ports::UserFilter;

/// A block of one level has as many blocks of the level below: 64. The lowest has as many ids.
const BITS: u32 = 6;

/// The level of which there are few blocks, however many accounts.
const TOP: u32 = 2;

/// The columns of the tables: active or not, verified or not.
const KINDS: &[(bool, bool, &str)] = &[
    (true, true, "active_verified"),
    (true, false, "active_unverified"),
    (false, true, "inactive_verified"),
    (false, false, "inactive_unverified"),
];

/// What is counted for a filter.
pub(super) struct Counts {
    /// The sum of a row's columns.
    number: String,
    /// The condition on a row.
    role: String,
}

impl Counts {
    /// A search within texts is not counted by anybody.
    pub(super) fn of(filter: &UserFilter) -> Self {
        let asked = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
        let kinds = KINDS.iter().filter(|(is_active, is_verified, _)| {
            asked(filter.is_active, *is_active) && asked(filter.is_verified, *is_verified)
        });
        let number = kinds.map(|(.., column)| *column).collect::<Vec<_>>().join(" + ");
        let role = filter.role.map(|role| format!(" AND role = '{}'", role.as_str())).unwrap_or_default();
        Self { number, role }
    }

    /// The clause `changed`: what is not in the counts yet. Others are based on it.
    pub(super) fn changed(&self) -> String {
        let Self { number, role } = self;
        // The condition lets an index be used where many were and few are.
        format!(
            "changed AS MATERIALIZED (
                SELECT block, {number} AS n FROM user_count_changes WHERE id > 0{role}
            )"
        )
    }

    /// A query that yields `total`.
    pub(super) fn total(&self) -> String {
        let Self { number, role } = self;
        format!(
            "SELECT (SELECT coalesce(sum({number}), 0) FROM user_counts WHERE level = {TOP}{role})
                + (SELECT coalesce(sum(n), 0) FROM changed) AS total"
        )
    }

    /// Clauses of which the last is `start`: one row with the `id` to begin at, and how many that match from there on
    /// belong to earlier pages, or no row when fewer than `?` match.
    pub(super) fn start(&self) -> String {
        let mut clauses = format!("level{} AS (SELECT 0 AS block, ?::bigint AS skip)", TOP + 1);
        for level in (0..=TOP).rev() {
            clauses.push_str(&self.descent(level));
        }
        format!("{clauses}, start AS (SELECT block << {BITS} AS id, skip FROM level0)")
    }

    /// Finds the block of `level` in which the page starts, within the one that was found on the level above.
    fn descent(&self, level: u32) -> String {
        let Self { number, role } = self;
        let above = format!("level{}", level + 1);
        let (counted, changed) = if level == TOP {
            (String::new(), String::new())
        } else {
            (
                format!(" AND block >= {above}.block << {BITS} AND block < ({above}.block + 1) << {BITS}"),
                format!(" WHERE block >> {} = {above}.block", BITS * (level + 1)),
            )
        };
        format!(
            ", level{level} AS (
                SELECT summed.block, skip - (through - n) AS skip FROM {above} CROSS JOIN LATERAL (
                    SELECT block, n, sum(n) OVER (ORDER BY block ROWS UNBOUNDED PRECEDING) AS through FROM (
                        SELECT block, sum(n)::integer AS n FROM (
                            SELECT block, {number} AS n FROM user_counts WHERE level = {level}{counted}{role}
                            UNION ALL
                            SELECT block >> {}, n FROM changed{changed}
                        ) AS parts GROUP BY block
                    ) AS blocks
                ) AS summed
                WHERE through > skip AND through - n <= skip LIMIT 1
            )",
            BITS * level
        )
    }
}
