-- Processes that share a file hear of each other by the counter beside it.
select 1;
