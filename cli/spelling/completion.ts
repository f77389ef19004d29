// Completion in the shell: commands, options and the names of services. The scripts only ask `tidegate complete`, so they need no
// change when the commands do.
import type { Command } from 'commander'
import { Problem } from '../../core/problem.ts'
import type { Surroundings } from '../backend/surroundings.ts'

const scripts = new Map(
  Object.entries({
    bash: `_tidegate() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(tidegate complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _tidegate tidegate`,
    zsh: `#compdef tidegate
_tidegate() {
  local -a found
  found=("\${(@f)$(tidegate complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=(\${found:#})
  if (( \${#found} )); then compadd -a found; else _files; fi
}
compdef _tidegate tidegate`,
    fish: `function __tidegate_complete
  set -l found (tidegate complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c tidegate -f -a '(__tidegate_complete)'`,
  }),
)

/** A person who presses Tab does not wait longer for names. */
const patienceMs = 1500

export function addCompletion(program: Command, { backend, run, screen }: Surroundings): void {
  program
    .command('completion <shell>')
    .description('print a script that completes commands, options and services in bash, zsh or fish')
    .addHelpText(
      'after',
      `
Examples:
  source <(tidegate completion bash)                                      in ~/.bashrc
  source <(tidegate completion zsh)                                       in ~/.zshrc, after compinit
  tidegate completion fish > ~/.config/fish/completions/tidegate.fish`,
    )
    .action(
      run((shell: string) => {
        const script = scripts.get(shell)
        if (script === undefined)
          throw new Problem('call_invalid', `There are scripts for bash, zsh and fish, not for "${shell}".`)
        screen({}).say(script.split('\n'), { shell, script })
        return Promise.resolve(0)
      }),
    )

  program.command('complete [words...]', { hidden: true }).action(
    run(async (words: string[]) => {
      const names = async () => (await (await backend()).services.list()).items.map(({ name }) => name)
      const found = await completions(program, words, () => inTime(names()))
      if (found.length > 0) screen({}).say(found, found)
      return 0
    }),
  )
}

/** Nothing, rather than an error or a wait. */
const inTime = (names: Promise<readonly string[]>): Promise<readonly string[]> =>
  Promise.race([
    names.catch(() => []),
    new Promise<readonly string[]>((resolve) => setTimeout(() => resolve([]), patienceMs).unref()),
  ])

/** @param words what is typed behind `tidegate`; the last one is not finished */
async function completions(
  program: Command,
  words: readonly string[],
  services: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const begun = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const command = before.reduce((at, word) => at.commands.find((one) => one.name() === word) ?? at, program)
  const fits = (all: readonly string[]): readonly string[] => all.filter((one) => one.startsWith(begun))
  const options = command.options.flatMap(({ long }) => (typeof long === 'string' ? [long] : []))
  if (begun.startsWith('-')) return fits([...options, '--help'])
  const taking = command.options.find(
    ({ long, short }) => before.at(-1) !== undefined && [long, short].includes(before.at(-1) ?? ''),
  )
  // The value of an option is the shell's to complete: it may be a file.
  if (taking !== undefined && (taking.required || taking.optional)) return []
  const visible = command
    .createHelp()
    .visibleCommands(command)
    .map((one) => one.name())
  if (command.commands.length > 0) return fits(visible)
  return /^services?$/.test(command.registeredArguments[0]?.name() ?? '') ? fits(await services()) : []
}
