// Loaded before the command line (`node --import`): prints the help of every command, by its words, instead of running one. A
// process for each would take seven seconds of a core.
import { Command } from 'commander'

const withThoseBelow = (command: Command, words: readonly string[]): readonly (readonly [string, string])[] => [
  [words.join(' '), command.helpInformation()],
  ...command.commands.flatMap((one) => withThoseBelow(one, [...words, one.name()])),
]

Command.prototype.parseAsync = function (this: Command) {
  process.stdout.write(JSON.stringify(Object.fromEntries(withThoseBelow(this, []))))
  return Promise.resolve(this)
}
