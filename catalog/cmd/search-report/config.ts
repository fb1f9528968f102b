import { reindexSettings } from '#catalog/cmd/reindex/config.ts';
import { oneOf, str } from '#platform/config.ts';

/** The settings of the search report. */
export const searchReportSettings = {
  ...reindexSettings,
  FILE: str({ desc: 'The CSV file with the queries and their expected products.' }),
  FORMAT: oneOf(
    'text',
    'csv',
  )({ default: 'text', desc: 'The format of the report: text for a terminal, csv for a program.' }),
};
