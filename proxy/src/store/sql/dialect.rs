//! Everything that SQLite and PostgreSQL spell differently in a statement.

/// The SQL of one of the two databases.
///
/// SQLite has a single writer, so a write transaction is alone in the file and its rows need no locks of
/// their own: all clauses about locks are empty there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Keeps the selected rows from being deleted until the transaction ends.
    pub const fn for_key_share(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR KEY SHARE",
        }
    }

    /// Locks the selected rows of `table` until the transaction ends.
    pub fn for_update_of(self, table: &str) -> String {
        match self {
            Self::Sqlite => String::new(),
            Self::Postgres => format!(" FOR UPDATE OF {table}"),
        }
    }

    /// Locks the selected rows of `table`, and skips those that another transaction has locked.
    pub fn skip_locked_of(self, table: &str) -> String {
        match self {
            Self::Sqlite => String::new(),
            Self::Postgres => format!(" FOR NO KEY UPDATE OF {table} SKIP LOCKED"),
        }
    }

    /// A table with one column, `value`: the integers of a parameter that is a JSON array.
    pub fn json_numbers(self, parameter: &str) -> String {
        match self {
            Self::Sqlite => format!("json_each({parameter})"),
            Self::Postgres => format!(
                "(SELECT CAST(value AS BIGINT) AS value FROM json_array_elements_text(CAST({parameter} AS json)))"
            ),
        }
    }

    /// A table with one column, `value`: the texts of a parameter that is a JSON array.
    pub fn json_texts(self, parameter: &str) -> String {
        match self {
            Self::Sqlite => format!("json_each({parameter})"),
            Self::Postgres => format!("json_array_elements_text(CAST({parameter} AS json))"),
        }
    }

    /// The function that makes a JSON object of names and values in turn.
    pub const fn json_object(self) -> &'static str {
        match self {
            Self::Sqlite => "json_object",
            Self::Postgres => "json_build_object",
        }
    }
}
