/** The roles of callers (docs/security.md). */
export const ROLES = ['customer', 'support', 'catalog-manager', 'admin', 'service'] as const;

export type Role = (typeof ROLES)[number];
