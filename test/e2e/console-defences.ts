// The defences of docs/security.md of the console.
import type { Defence } from './defences.ts'

export const consoleDefences: readonly Defence[] = [
  {
    attack: 'a web page presses a button of the console, reads it, frames it, or runs a script on it',
    file: 'cli/console/guard.ts',
    line: 'if (origin !== undefined && origin !== `http://${host}`)',
    without: "if (origin === 'nobody')",
    test: 'cli/console/guard.test.ts',
  },
  {
    attack: 'a web page presses a button of the console, reads it, frames it, or runs a script on it',
    file: 'cli/console/guard.ts',
    line: "!['none', 'same-origin'].includes(headers['sec-fetch-site'] ?? 'none')",
    without: "headers['sec-fetch-site'] === 'nobody'",
    test: 'cli/console/guard.test.ts',
  },
  {
    attack: 'a web page presses a button of the console, reads it, frames it, or runs a script on it',
    file: 'cli/console/answer.ts',
    line: `"frame-ancestors 'none'",`,
    without: '',
    test: 'cli/console/guard.test.ts',
  },
  {
    attack: 'a web page presses a button of the console, reads it, frames it, or runs a script on it',
    file: 'cli/console/people.ts',
    line: 'people.filter((person) => isSame(formTokenOf(person, secret), token))[0]',
    without: 'people[0] ?? (token === secret ? people[0] : undefined)',
    test: 'cli/console/order.test.ts',
  },
  {
    attack: 'opens the console of somebody else, whose port they reach',
    file: 'cli/console/guard.ts',
    line: "if (!isSame(visit.cookies.get(cookieName('key', port)) ?? '', session)) return locked(port)",
    without: 'if (session === port.toString()) return locked(port)',
    test: 'cli/console/guard.test.ts',
  },
  {
    attack: 'puts text in an address or a form that becomes HTML of a page, or sends the browser elsewhere',
    file: 'cli/console/guard.ts',
    line: "return url === undefined ? '/' : `${url.pathname}${url.search}`",
    without: 'return url === undefined ? text : `${url.pathname}${url.search}`',
    test: 'cli/console/order.test.ts',
  },
]
