CREATE TABLE public.events (id bigint NOT NULL, happened_on date NOT NULL) PARTITION BY RANGE (happened_on);

CREATE FOREIGN TABLE public.events_old PARTITION OF public.events
    FOR VALUES FROM ('2000-01-01') TO ('2010-01-01')
    SERVER elsewhere;
