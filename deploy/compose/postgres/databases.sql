-- Run once, as PostgreSQL makes its data.
CREATE DATABASE identitydb;
CREATE DATABASE eventsdb;
