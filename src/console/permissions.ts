/** Who may do what, in one table. Every route of the account plane names a permission from it. */

export const ROLES = ['owner', 'admin', 'developer', 'billing', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

const EVERYONE = ['owner', 'admin', 'developer', 'billing', 'viewer'] as const;

export const PERMISSIONS = {
  'organization.read': EVERYONE,
  'organization.update': ['owner', 'admin'],
  'organization.transfer': ['owner'],
  'organization.delete': ['owner'],
  'members.read': EVERYONE,
  'members.write': ['owner', 'admin'],
  'keys.read': EVERYONE,
  'keys.write': ['owner', 'admin', 'developer'],
  'usage.read': EVERYONE,
  'billing.read': ['owner', 'admin', 'billing', 'viewer'],
  'billing.write': ['owner', 'billing'],
  'audit.read': ['owner', 'admin', 'billing', 'viewer'],
  'sso.read': ['owner', 'admin'],
  'sso.write': ['owner', 'admin'],
  'webhooks.read': ['owner', 'admin', 'developer'],
  'webhooks.write': ['owner', 'admin'],
  'jobs.read': EVERYONE,
  'jobs.write': ['owner', 'admin', 'developer'],
  'deployments.read': EVERYONE,
  'deployments.write': ['owner', 'admin', 'developer'],
  'storage.read': ['owner', 'admin', 'developer', 'viewer'],
  'storage.write': ['owner', 'admin', 'developer'],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof PERMISSIONS;

export const ALL_PERMISSIONS = Object.keys(PERMISSIONS) as Permission[];

export const isPermission = (value: unknown): value is Permission => typeof value === 'string' && Object.hasOwn(PERMISSIONS, value);

export const permits = (role: Role, permission: Permission): boolean => (PERMISSIONS[permission] as readonly Role[]).includes(role);

export const permissionsOf = (role: Role): Permission[] => ALL_PERMISSIONS.filter((permission) => permits(role, permission));

/** What an API key may be allowed beside calling models: things that concern a program, never people or money going out. */
export const KEY_SCOPES = [
  'keys.read',
  'keys.write',
  'usage.read',
  'billing.read',
  'audit.read',
  'members.read',
  'organization.read',
] as const satisfies readonly Permission[];
