// The definitions in the controller's table. The other checks only cover the readable ones.
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
