/** The time zone of who looks; what a new project begins with. */
export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

export const zones: string[] = [...new Set(['UTC', ownZone, ...Intl.supportedValuesOf('timeZone')])];
