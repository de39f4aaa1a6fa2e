-- The nodes that keep sessions in memory, each with its last renewal: a change waits for them before it is answered.
create table cache_nodes (
    node text primary key,
    renewal bigint not null
) with (fillfactor = 50);
