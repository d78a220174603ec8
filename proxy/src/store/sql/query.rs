//! One way to run a statement on either database.
//!
//! The SQL text is known at compile time, or composed by a function that captures nothing, so no value
//! can ever become a part of it. Values are bound.

use super::dialect::Dialect;
use sqlx::{
    AssertSqlSafe, Database, Decode, PgPool, Postgres, Row as _, SqlSafeStr as _, SqlStr, Sqlite,
    SqlitePool, Type,
    pool::PoolConnection,
    postgres::{PgArguments, PgRow},
    sqlite::{SqliteArguments, SqliteRow},
};
use std::{
    borrow::Cow,
    marker::PhantomData,
    ops::{Deref, DerefMut},
};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// A connection, alone or in a transaction.
pub enum Connection {
    Sqlite(Session<Sqlite>),
    Postgres(Session<Postgres>),
}

impl Connection {
    pub const fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }
}

/// A connection of one database.
pub enum Session<D: Database> {
    /// Each statement commits itself. The connection returns to its pool when it is dropped.
    Pooled(PoolConnection<D>),
    /// Nothing stays unless the transaction is committed.
    InTransaction(sqlx::Transaction<'static, D>),
}

impl<D: Database> Session<D> {
    fn target(&mut self) -> &mut D::Connection {
        match self {
            Self::Pooled(connection) => connection,
            Self::InTransaction(transaction) => transaction,
        }
    }

    async fn commit(self) -> Result<()> {
        match self {
            Self::Pooled(_) => Ok(()),
            Self::InTransaction(transaction) => transaction.commit().await,
        }
    }
}

/// An open transaction. Dropping it rolls it back.
pub struct Transaction(Connection);

impl Transaction {
    /// Begins a transaction that may write. It has SQLite's lock for writers from its first statement: one
    /// that reads and then writes would fail at once if another one wrote in between.
    pub async fn begin_sqlite(writer: &SqlitePool) -> Result<Self> {
        let transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
        let session = Session::InTransaction(transaction);
        Ok(Self(Connection::Sqlite(session)))
    }

    /// Begins a transaction.
    pub async fn begin_postgres(pool: &PgPool) -> Result<Self> {
        let session = Session::InTransaction(pool.begin().await?);
        Ok(Self(Connection::Postgres(session)))
    }

    /// Marks a point to which [`Self::rollback_to_savepoint`] returns.
    pub async fn savepoint(&mut self) -> Result<()> {
        query("SAVEPOINT one").execute(self).await.map(drop)
    }

    /// Takes back everything since the savepoint, which stays.
    pub async fn rollback_to_savepoint(&mut self) -> Result<()> {
        query("ROLLBACK TO SAVEPOINT one")
            .execute(self)
            .await
            .map(drop)
    }

    /// Forgets the savepoint, and keeps what was written since.
    pub async fn release_savepoint(&mut self) -> Result<()> {
        query("RELEASE SAVEPOINT one").execute(self).await.map(drop)
    }

    pub async fn commit(self) -> Result<()> {
        match self.0 {
            Connection::Sqlite(session) => session.commit().await,
            Connection::Postgres(session) => session.commit().await,
        }
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

/// The text of a statement.
enum Sql {
    Fixed(&'static str),
    /// A function without captures.
    Composed(fn(Dialect) -> String),
    /// Made of nothing but constants of this program.
    Constants(AssertSqlSafe<String>),
}

impl Sql {
    fn text(self, dialect: Dialect) -> SqlStr {
        match self {
            Self::Fixed(text) => text.into_sql_str(),
            Self::Composed(compose) => AssertSqlSafe(compose(dialect)).into_sql_str(),
            Self::Constants(text) => text.into_sql_str(),
        }
    }
}

/// A statement and its values, `$1` first.
pub struct Query<'q> {
    sql: Sql,
    values: Vec<Value<'q>>,
}

/// A statement that is the same for both databases.
pub const fn query<'q>(sql: &'static str) -> Query<'q> {
    Query {
        sql: Sql::Fixed(sql),
        values: Vec::new(),
    }
}

/// A statement that differs between the databases, or shares a part with another one.
pub const fn query_for<'q>(compose: fn(Dialect) -> String) -> Query<'q> {
    Query {
        sql: Sql::Composed(compose),
        values: Vec::new(),
    }
}

/// A statement composed of constants of this program. The caller vouches for that.
pub const fn query_of_constants<'q>(sql: AssertSqlSafe<String>) -> Query<'q> {
    Query {
        sql: Sql::Constants(sql),
        values: Vec::new(),
    }
}

/// A statement whose rows have one column, see [`query`].
pub const fn scalar<'q, T>(sql: &'static str) -> Scalar<'q, T> {
    Scalar {
        query: query(sql),
        column: PhantomData,
    }
}

/// A statement whose rows have one column, see [`query_for`].
pub const fn scalar_for<'q, T>(compose: fn(Dialect) -> String) -> Scalar<'q, T> {
    Scalar {
        query: query_for(compose),
        column: PhantomData,
    }
}

impl<'q> Query<'q> {
    /// Binds the next parameter.
    pub fn bind(mut self, value: impl Into<Value<'q>>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Returns how many rows the statement changed.
    pub async fn execute(self, db: &mut Connection) -> Result<u64> {
        Ok(match db {
            Connection::Sqlite(db) => {
                let done = self.sqlite().execute(db.target()).await?;
                done.rows_affected()
            }
            Connection::Postgres(db) => {
                let done = self.postgres().execute(db.target()).await?;
                done.rows_affected()
            }
        })
    }

    pub async fn fetch_all(self, db: &mut Connection) -> Result<Vec<Row>> {
        Ok(match db {
            Connection::Sqlite(db) => {
                let rows = self.sqlite().fetch_all(db.target()).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Connection::Postgres(db) => {
                let rows = self.postgres().fetch_all(db.target()).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    pub async fn fetch_optional(self, db: &mut Connection) -> Result<Option<Row>> {
        Ok(match db {
            Connection::Sqlite(db) => {
                let row = self.sqlite().fetch_optional(db.target()).await?;
                row.map(Row::Sqlite)
            }
            Connection::Postgres(db) => {
                let row = self.postgres().fetch_optional(db.target()).await?;
                row.map(Row::Postgres)
            }
        })
    }

    pub async fn fetch_one(self, db: &mut Connection) -> Result<Row> {
        let row = self.fetch_optional(db).await?;
        row.ok_or(sqlx::Error::RowNotFound)
    }

    fn sqlite(self) -> sqlx::query::Query<'q, Sqlite, SqliteArguments> {
        let query = sqlx::query(self.sql.text(Dialect::Sqlite));
        (self.values.into_iter()).fold(query, |query, value| match value {
            Value::Integer(value) => query.bind(value),
            Value::Boolean(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
        })
    }

    fn postgres(self) -> sqlx::query::Query<'q, Postgres, PgArguments> {
        let query = sqlx::query(self.sql.text(Dialect::Postgres));
        (self.values.into_iter()).fold(query, |query, value| match value {
            Value::Integer(value) => query.bind(value),
            Value::Boolean(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
        })
    }
}

/// A statement whose rows have one column of type `T`.
pub struct Scalar<'q, T> {
    query: Query<'q>,
    column: PhantomData<fn() -> T>,
}

impl<'q, T: for<'r> Readable<'r>> Scalar<'q, T> {
    /// Binds the next parameter.
    pub fn bind(mut self, value: impl Into<Value<'q>>) -> Self {
        self.query = self.query.bind(value);
        self
    }

    pub async fn fetch_all(self, db: &mut Connection) -> Result<Vec<T>> {
        let rows = self.query.fetch_all(db).await?;
        rows.iter().map(|row| row.only()).collect()
    }

    pub async fn fetch_optional(self, db: &mut Connection) -> Result<Option<T>> {
        let row = self.query.fetch_optional(db).await?;
        row.as_ref().map(|row| row.only()).transpose()
    }

    pub async fn fetch_one(self, db: &mut Connection) -> Result<T> {
        self.query.fetch_one(db).await?.only()
    }
}

/// A row of a result.
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The value of a column.
    ///
    /// # Errors
    /// There is no such column, or its value is none of `T`.
    pub fn try_get<'r, T: Readable<'r>>(&'r self, column: &str) -> Result<T> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// The value of the first column.
    pub fn only<'r, T: Readable<'r>>(&'r self) -> Result<T> {
        match self {
            Self::Sqlite(row) => row.try_get(0),
            Self::Postgres(row) => row.try_get(0),
        }
    }
}

/// Has a column type in both databases.
pub trait Readable<'r>:
    Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>
{
}

impl<'r, T> Readable<'r> for T where
    T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>
{
}

/// A value to bind; an absent one is `NULL` of its type.
pub enum Value<'q> {
    Integer(Option<i64>),
    Boolean(Option<bool>),
    Text(Option<Cow<'q, str>>),
    Bytes(Option<Cow<'q, [u8]>>),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(Some(value))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Integer(value)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Boolean(Some(value))
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Self::Text(Some(Cow::Owned(value)))
    }
}

impl From<Option<String>> for Value<'_> {
    fn from(value: Option<String>) -> Self {
        Self::Text(value.map(Cow::Owned))
    }
}

impl<'q> From<&'q str> for Value<'q> {
    fn from(value: &'q str) -> Self {
        Self::Text(Some(Cow::Borrowed(value)))
    }
}

impl<'q> From<Option<&'q str>> for Value<'q> {
    fn from(value: Option<&'q str>) -> Self {
        Self::Text(value.map(Cow::Borrowed))
    }
}

impl<'q> From<&'q String> for Value<'q> {
    fn from(value: &'q String) -> Self {
        Self::Text(Some(Cow::Borrowed(value)))
    }
}

impl<'q> From<Option<&'q String>> for Value<'q> {
    fn from(value: Option<&'q String>) -> Self {
        Self::Text(value.map(|text| Cow::Borrowed(text.as_str())))
    }
}

impl<'q> From<&'q Option<String>> for Value<'q> {
    fn from(value: &'q Option<String>) -> Self {
        Self::from(value.as_ref())
    }
}

impl From<Vec<u8>> for Value<'_> {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(Some(Cow::Owned(value)))
    }
}

impl<'q> From<&'q [u8]> for Value<'q> {
    fn from(value: &'q [u8]) -> Self {
        Self::Bytes(Some(Cow::Borrowed(value)))
    }
}

impl<'q> From<&'q Vec<u8>> for Value<'q> {
    fn from(value: &'q Vec<u8>) -> Self {
        Self::Bytes(Some(Cow::Borrowed(value)))
    }
}
