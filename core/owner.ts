// Who a service belongs to: the team or person that its messages name, and how they are reached.
import * as z from 'zod'
import { nameWords } from './foreign-text.ts'
import { plainName } from './plain-name.ts'

export const Owner = z.strictObject({
  name: plainName(80).describe('A team or a person.'),
  contact: plainName(200).describe('How they are reached at night: a number, an address, a rota.'),
  channel: plainName(80).optional().describe('Their channel in a chat.'),
})
export type Owner = z.output<typeof Owner>

/** `team-shop, +49 30 1234, channel "#shop"` */
export const ownerWords = ({ name, contact, channel }: Owner): string =>
  [nameWords(name), nameWords(contact), ...(channel === undefined ? [] : [`channel ${nameWords(channel)}`])].join(', ')
