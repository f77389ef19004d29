// A service's own policies (docs/policy.md).

/** How long they may be, in characters: more than anybody keeps in mind. */
export const ownPoliciesMaxChars = 10_000
