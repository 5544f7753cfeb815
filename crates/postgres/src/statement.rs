//! Statements that diesel's builder cannot say: written by hand, with values bound one by one, prepared once
//! per connection.

use diesel::dsl::SqlTypeOf;
use diesel::pg::{Pg, PgQueryBuilder};
use diesel::query_builder::{AstPass, Query, QueryBuilder, QueryFragment, QueryId};
use diesel::result::Error::QueryBuilderError;
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;
use diesel::{QueryResult, Selectable};
use std::fmt;
use std::marker::PhantomData;

/// A statement that yields rows of `ST`. In its text `?` stands for the next value, and for nothing else.
pub(crate) struct Statement<ST = ()> {
    text: String,
    values: Vec<Box<dyn Value>>,
    rows: PhantomData<fn() -> ST>,
}

impl<ST> Statement<ST> {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), values: Vec::new(), rows: PhantomData }
    }

    /// Goes on with `text`.
    pub(crate) fn sql(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// The value for the next `?`.
    pub(crate) fn bind<T, V>(mut self, value: V) -> Self
    where
        Pg: HasSqlType<T>,
        T: Send + 'static,
        V: ToSql<T, Pg> + Send + 'static,
    {
        self.values.push(Box::new(Typed { value, sql_type: PhantomData::<fn() -> T> }));
        self
    }
}

trait Value: Send {
    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()>;
}

struct Typed<T, V> {
    value: V,
    sql_type: PhantomData<fn() -> T>,
}

impl<T, V> Value for Typed<T, V>
where
    Pg: HasSqlType<T>,
    V: ToSql<T, Pg> + Send,
{
    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param::<T, V>(&self.value)
    }
}

impl<ST> QueryFragment<Pg> for Statement<ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut values = self.values.iter();
        for (index, part) in self.text.split('?').enumerate() {
            if index > 0 {
                let value = values.next();
                value.ok_or_else(|| QueryBuilderError("a statement lacks a value".into()))?.push(&mut out)?;
            }
            out.push_sql(part);
        }
        match values.next() {
            None => Ok(()),
            Some(_) => Err(QueryBuilderError("a statement has a value too many".into())),
        }
    }
}

/// Without an id of its own, a statement is known by its text and the types of its values.
impl<ST> QueryId for Statement<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST> Query for Statement<ST> {
    type SqlType = ST;
}

impl<ST> fmt::Debug for Statement<ST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What a statement yields that selects the columns of `R`.
pub(crate) type SqlOf<R> = SqlTypeOf<<R as Selectable<Pg>>::SelectExpression>;

/// The columns of `R` in its order, each with the name of its table.
pub(crate) fn columns<R>() -> String
where
    R: Selectable<Pg, SelectExpression: QueryFragment<Pg>>,
{
    let mut builder = PgQueryBuilder::new();
    // Column names alone: nothing that could be refused.
    let _ = R::construct_selection().to_sql(&mut builder, &Pg);
    builder.finish()
}
