// Orders, version 1: the price is in euros.
import { database } from '../database.mjs'

export const orders =
  (db) =>
  async ({ euros, id }) => {
    if (id === undefined) {
      const { rows } = await db.query('insert into orders (price) values ($1) returning id', [euros])
      return { version: 1, id: rows[0].id }
    }
    const { rows } = await db.query('select price from orders where id = $1', [id])
    return { version: 1, euros: Number(rows[0].price) }
  }

export const handler = orders(database())
