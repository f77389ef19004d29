// What PostgreSQL says of those who use it. Sessions have the name of their function and version (database.mjs).

/**
 * An environment of Lambda that is asleep keeps its session. So who has asked nothing for this long does not count. Who may
 * not see the state of others (pg_monitor) sees all of them as awake.
 */
const quiet = "interval '2 minutes'"

/** @returns who is there that is older than `needs` says, in words */
export async function olderSessions(db, needs) {
  const { rows } = await db.query(`
    select distinct application_name as name from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
      and (state is null or state <> 'idle' or state_change > now() - ${quiet})
    order by 1`)
  const old = rows.find(({ name }) => {
    const [fn, version] = name.split(':')
    return Number(version) < needs[fn]
  })
  return old === undefined
    ? undefined
    : `${old.name} still asks, and version ${needs[old.name.split(':')[0]]} is needed`
}

/** Sessions that wait for a lock, by the name of the session. */
export async function lockWaits(db) {
  const { rows } = await db.query(`
    select application_name as name, count(*)::int as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' group by 1 order by 1`)
  return rows
}

/** How far the slowest standby is behind, in seconds; `undefined` where there is none. */
export async function replicaLagSeconds(db) {
  const { rows } = await db.query(`
    select extract(epoch from max(coalesce(replay_lag, interval '0')))::float8 as seconds
    from pg_stat_replication where state = 'streaming'`)
  return rows[0].seconds ?? undefined
}

const lagMaxSeconds = 5

/** @returns why a chunk would hurt now, in words */
export async function loadOf(db) {
  const [waiting, lag] = [await lockWaits(db), await replicaLagSeconds(db)]
  if (waiting.length > 0) return `${waiting.map(({ name }) => name).join(', ')} waits for a lock`
  return lag !== undefined && lag > lagMaxSeconds ? `a standby is ${Math.round(lag)} s behind` : undefined
}
