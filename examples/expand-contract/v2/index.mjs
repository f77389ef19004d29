// Orders, version 2: writes both columns, and reads the new one where it is filled. Version 1 can read what it writes.
import { database } from '../database.mjs'

export const orders =
  (db) =>
  async ({ euros, id }) => {
    if (id === undefined) {
      const written = [euros, Math.round(euros * 100)]
      const { rows } = await db.query('insert into orders (price, cents) values ($1, $2) returning id', written)
      return { version: 2, id: rows[0].id }
    }
    const read = 'select coalesce(cents, round(price * 100)) as cents from orders where id = $1'
    const { rows } = await db.query(read, [id])
    return { version: 2, euros: Number(rows[0].cents) / 100 }
  }

export const handler = orders(database())
