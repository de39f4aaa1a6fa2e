//! What every store holds, on every store; and what is particular to each.

mod memory;
mod postgres;
mod sqlite;
