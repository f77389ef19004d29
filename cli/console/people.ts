// Whose credentials sign what the console orders. One person on an account; on the embedded cloud there are samples to act as.
import { createHmac } from 'node:crypto'
import { isSame } from './guard.ts'
import type { Backend } from '../backend/backend.ts'

export type Person = {
  readonly name: string
  /** As AWS is told, such as `arn:aws:iam::000000000000:user/ann`. */
  readonly who: string
  readonly backend: Backend
}
export type People = readonly [Person, ...Person[]]

/** A form is of the person to whom its page was shown, whoever another tab has switched to since. */
export const formTokenOf = ({ name }: Person, secret: string): string =>
  createHmac('sha256', secret).update(`form ${name}`).digest('base64url')

/** `undefined` if the token is none of this start of the server. */
export const personOfToken = (people: People, secret: string, token: string): Person | undefined =>
  people.filter((person) => isSame(formTokenOf(person, secret), token))[0]

export const personNamed = (people: People, name: string | undefined): Person =>
  people.find((person) => person.name === name) ?? people[0]
