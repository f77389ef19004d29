// The definitions in the controller's table. The other checks only cover the readable ones.
import { homeOf } from '../../core/origin.ts'
import type { Service, Target } from '../../core/service/service.ts'
import { aliasAt } from '../../core/service/target.ts'
import type { Check } from './account.ts'
import { ok, problem } from './finding.ts'

export const storedServices: Check = {
  id: 'stored-services',
  right: "Every service's stored definition can be read.",
  asks: ['dynamodb:Query'],
  async look(account) {
    const ill = (await account.unreadable()).map(({ about, problem: { message } }) =>
      problem(about.service, `${message} No release of it begins, and its budgets are not counted.`, {
        words: "Apply its definition again (`tidegate apply`), or restore the item from the table's backup.",
        cdk: 'npx cdk deploy',
      }),
    )
    return ill.length > 0 ? ill : [ok(account.prefix, `${(await account.services()).length} service(s).`)]
  },
}

/** Two services of one alias were possible until November 2026 (functions/definitions/new-aliases.ts). */
export const sharedAliases: Check = {
  id: 'shared-aliases',
  right: 'No alias has two services.',
  asks: ['dynamodb:Query', 'lambda:GetFunctionConfiguration'],
  async look(account) {
    const controller = await account.controllerFunction('page')
    // Without it, a name and an ARN are two functions.
    const home = homeOf(controller?.FunctionArn ?? '')
    const all = (await account.services()).flatMap((service) => service.targets.map((target) => ({ service, target })))
    const byAlias = new Map<string, readonly { readonly service: Service; readonly target: Target }[]>()
    for (const one of all) {
      const alias = aliasAt(one.target, home)
      byAlias.set(alias, [...(byAlias.get(alias) ?? []), one])
    }
    const shared = [...byAlias].filter(([, at]) => at.length > 1)
    if (shared.length === 0) return [ok('aliases', `${all.length} alias(es), each of one service.`)]
    return shared.map(([alias, at]) =>
      problem(
        alias,
        `Services ${at.map(({ service }) => service.name).join(' and ')} have it. What one releases is a move by a stranger to the other: it stops and pages.`,
        {
          words:
            'Keep one. Take the alias out of the other definition and apply it, or delete that service: docs/operate.md, `alias_taken`.',
        },
      ),
    )
  },
}
