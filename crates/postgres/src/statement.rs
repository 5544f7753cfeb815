//! Statements that diesel's builder cannot say: written by hand, with values bound one by one, prepared once
//! per connection.

use diesel::dsl::SqlTypeOf;
use diesel::pg::{Pg, PgQueryBuilder};
use diesel::query_builder::{AstPass, Query, QueryBuilder, QueryFragment, QueryId};
use diesel::result::Error::QueryBuilderError;
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;
use diesel::{QueryResult, Selectable};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// The text of a statement. In it `?` stands for the next value, and for nothing else.
#[derive(Clone)]
pub(crate) struct Wording {
    /// What is before, between and after the values.
    parts: Vec<String>,
}

impl Wording {
    pub(crate) fn new(text: &str) -> Self {
        Self { parts: vec![String::new()] }.sql(text)
    }

    /// Goes on with `text`.
    pub(crate) fn sql(mut self, text: &str) -> Self {
        let mut parts = text.split('?');
        if let (Some(last), Some(part)) = (self.parts.last_mut(), parts.next()) {
            last.push_str(part);
        }
        self.parts.extend(parts.map(str::to_owned));
        self
    }
}

/// A statement that yields rows of `ST`, and values for it. It is known by its text and the types of its values, unless
/// it has an `Id`, a type of its own.
pub(crate) struct Statement<ST = (), Id = ()> {
    wording: Cow<'static, Wording>,
    values: Vec<Box<dyn Value>>,
    rows: PhantomData<fn() -> (ST, Id)>,
}

impl<ST> Statement<ST> {
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        Self { wording: Cow::Owned(Wording::new(text.as_ref())), values: Vec::new(), rows: PhantomData }
    }

    /// Goes on with `text`.
    pub(crate) fn sql(mut self, text: &str) -> Self {
        self.wording = Cow::Owned(self.wording.into_owned().sql(text));
        self
    }
}

impl<ST, Id> Statement<ST, Id> {
    /// A statement that is made often: its text is put together once, and its `Id` finds what was prepared. Each
    /// has a wording, and types of values, that no other has.
    pub(crate) fn fixed(wording: &'static Wording) -> Self {
        Self {
            wording: Cow::Borrowed(wording),
            values: Vec::with_capacity(wording.parts.len()),
            rows: PhantomData,
        }
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

impl<ST, Id> QueryFragment<Pg> for Statement<ST, Id> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut values = self.values.iter();
        for (index, part) in self.wording.parts.iter().enumerate() {
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

impl<ST, Id: Identity> QueryId for Statement<ST, Id> {
    type QueryId = Id;
    const HAS_STATIC_QUERY_ID: bool = Id::IS_ONE;
}

/// A type that stands for one statement; `()` stands for none.
pub(crate) trait Identity: 'static {
    const IS_ONE: bool = true;
}

impl Identity for () {
    const IS_ONE: bool = false;
}

impl<ST, Id> Query for Statement<ST, Id> {
    type SqlType = ST;
}

impl<ST, Id> fmt::Debug for Statement<ST, Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.wording.parts.join("?"))
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
