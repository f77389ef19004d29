// The limit of a service's own policies (docs/policy.md).

/** In characters. Longer policies would be more than anybody can keep in mind. */
export const ownPoliciesMaxChars = 10_000
