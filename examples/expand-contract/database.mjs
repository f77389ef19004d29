// One connection for each environment. Its name says which function and which version it is: so PostgreSQL knows who still
// uses what (pg_stat_activity). PGHOST, PGUSER, PGDATABASE and the rest are in the function's environment.
import pg from 'pg'

const { AWS_LAMBDA_FUNCTION_NAME = 'local', AWS_LAMBDA_FUNCTION_VERSION = '0' } = process.env

/** @param options of the session. What changes tables gives up soon when it has to wait: everybody else waits behind it. */
export const database = (options = '') =>
  new pg.Pool({ max: 1, options, application_name: `${AWS_LAMBDA_FUNCTION_NAME}:${AWS_LAMBDA_FUNCTION_VERSION}` })
