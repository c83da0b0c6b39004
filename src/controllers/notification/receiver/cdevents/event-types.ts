/**
 * What is in a field of an event: `text`, `texts`, the name of a package (`purl`), a `reference` (with an id), a `document` (with a URI), a `test` or a
 * `trigger`, or `=a|b`, one of some words. With `!`, it must be there, and not empty.
 */
export type FieldType = string;

/** An event of CDEvents 0.4.1: the version of its type, the type of its subject, and what is said of that. */
export interface EventType {
  readonly version: string;
  readonly subject: string;
  readonly content: Readonly<Record<string, FieldType>>;
}

/** All events of CDEvents 0.4.1 by subject and predicate, from the schemas of the specification. */
export const eventTypes: Readonly<Record<string, EventType>> = {
  'artifact.deleted': { version: '0.1.0', subject: 'artifact', content: { user: 'text' } },
  'artifact.downloaded': { version: '0.1.0', subject: 'artifact', content: { user: 'text' } },
  'artifact.packaged': { version: '0.2.0', subject: 'artifact', content: { change: 'reference!', sbom: 'document' } },
  'artifact.published': { version: '0.2.0', subject: 'artifact', content: { sbom: 'document', user: 'text' } },
  'artifact.signed': { version: '0.2.0', subject: 'artifact', content: { signature: 'text!' } },
  'branch.created': { version: '0.2.0', subject: 'branch', content: { repository: 'reference' } },
  'branch.deleted': { version: '0.2.0', subject: 'branch', content: { repository: 'reference' } },
  'build.finished': { version: '0.2.0', subject: 'build', content: { artifactId: 'purl' } },
  'build.queued': { version: '0.2.0', subject: 'build', content: {} },
  'build.started': { version: '0.2.0', subject: 'build', content: {} },
  'change.abandoned': { version: '0.2.0', subject: 'change', content: { repository: 'reference' } },
  'change.created': { version: '0.3.0', subject: 'change', content: { description: 'text', repository: 'reference' } },
  'change.merged': { version: '0.2.0', subject: 'change', content: { repository: 'reference' } },
  'change.reviewed': { version: '0.2.0', subject: 'change', content: { repository: 'reference' } },
  'change.updated': { version: '0.2.0', subject: 'change', content: { repository: 'reference' } },
  'environment.created': { version: '0.2.0', subject: 'environment', content: { name: 'text', url: 'text' } },
  'environment.deleted': { version: '0.2.0', subject: 'environment', content: { name: 'text' } },
  'environment.modified': { version: '0.2.0', subject: 'environment', content: { name: 'text', url: 'text' } },
  'incident.detected': {
    version: '0.2.0',
    subject: 'incident',
    content: { description: 'text', environment: 'reference!', service: 'reference', artifactId: 'purl' },
  },
  'incident.reported': {
    version: '0.2.0',
    subject: 'incident',
    content: {
      description: 'text',
      environment: 'reference!',
      ticketURI: 'text!',
      service: 'reference',
      artifactId: 'purl',
    },
  },
  'incident.resolved': {
    version: '0.2.0',
    subject: 'incident',
    content: { description: 'text', environment: 'reference!', service: 'reference', artifactId: 'purl' },
  },
  'pipelinerun.finished': {
    version: '0.2.0',
    subject: 'pipelineRun',
    content: { pipelineName: 'text', url: 'text', outcome: 'text', errors: 'text' },
  },
  'pipelinerun.queued': { version: '0.2.0', subject: 'pipelineRun', content: { pipelineName: 'text', url: 'text' } },
  'pipelinerun.started': { version: '0.2.0', subject: 'pipelineRun', content: { pipelineName: 'text', url: 'text' } },
  'repository.created': {
    version: '0.2.0',
    subject: 'repository',
    content: { name: 'text!', owner: 'text', url: 'text!', viewUrl: 'text' },
  },
  'repository.deleted': {
    version: '0.2.0',
    subject: 'repository',
    content: { name: 'text', owner: 'text', url: 'text', viewUrl: 'text' },
  },
  'repository.modified': {
    version: '0.2.0',
    subject: 'repository',
    content: { name: 'text', owner: 'text', url: 'text', viewUrl: 'text' },
  },
  'service.deployed': {
    version: '0.2.0',
    subject: 'service',
    content: { environment: 'reference!', artifactId: 'purl!' },
  },
  'service.published': { version: '0.2.0', subject: 'service', content: { environment: 'reference' } },
  'service.removed': { version: '0.2.0', subject: 'service', content: { environment: 'reference' } },
  'service.rolledback': {
    version: '0.2.0',
    subject: 'service',
    content: { environment: 'reference!', artifactId: 'purl!' },
  },
  'service.upgraded': {
    version: '0.2.0',
    subject: 'service',
    content: { environment: 'reference!', artifactId: 'purl!' },
  },
  'taskrun.finished': {
    version: '0.2.0',
    subject: 'taskRun',
    content: { taskName: 'text', url: 'text', pipelineRun: 'reference', outcome: 'text', errors: 'text' },
  },
  'taskrun.started': {
    version: '0.2.0',
    subject: 'taskRun',
    content: { taskName: 'text', url: 'text', pipelineRun: 'reference' },
  },
  'testcaserun.finished': {
    version: '0.2.0',
    subject: 'testCaseRun',
    content: {
      outcome: '=pass|fail|cancel|error!',
      severity: '=low|medium|high|critical',
      reason: 'text',
      environment: 'reference!',
      testSuiteRun: 'reference',
      testCase: 'test',
    },
  },
  'testcaserun.queued': {
    version: '0.2.0',
    subject: 'testCaseRun',
    content: { trigger: 'trigger', environment: 'reference!', testSuiteRun: 'reference', testCase: 'test' },
  },
  'testcaserun.skipped': {
    version: '0.1.0',
    subject: 'testCaseRun',
    content: { reason: 'text', environment: 'reference', testSuiteRun: 'reference', testCase: 'test' },
  },
  'testcaserun.started': {
    version: '0.2.0',
    subject: 'testCaseRun',
    content: { trigger: 'trigger', environment: 'reference!', testSuiteRun: 'reference', testCase: 'test' },
  },
  'testoutput.published': {
    version: '0.2.0',
    subject: 'testOutput',
    content: { outputType: '=report|video|image|log|other!', format: 'text', uri: 'text', testCaseRun: 'reference' },
  },
  'testsuiterun.finished': {
    version: '0.2.0',
    subject: 'testSuiteRun',
    content: {
      environment: 'reference!',
      testSuite: 'test',
      outcome: '=pass|fail|cancel|error!',
      severity: '=low|medium|high|critical',
      reason: 'text',
    },
  },
  'testsuiterun.queued': {
    version: '0.2.0',
    subject: 'testSuiteRun',
    content: { trigger: 'trigger', environment: 'reference!', testSuite: 'test' },
  },
  'testsuiterun.started': {
    version: '0.2.0',
    subject: 'testSuiteRun',
    content: { trigger: 'trigger', environment: 'reference!', testSuite: 'test' },
  },
  'ticket.closed': {
    version: '0.1.0',
    subject: 'ticket',
    content: {
      summary: 'text',
      ticketType: 'text',
      group: 'text',
      creator: 'text',
      assignees: 'texts',
      priority: 'text',
      labels: 'texts',
      milestone: 'text',
      uri: 'text!',
      resolution: 'text!',
      updatedBy: 'text',
    },
  },
  'ticket.created': {
    version: '0.1.0',
    subject: 'ticket',
    content: {
      summary: 'text',
      ticketType: 'text',
      group: 'text',
      creator: 'text!',
      assignees: 'texts',
      priority: 'text',
      labels: 'texts',
      milestone: 'text',
      uri: 'text!',
    },
  },
  'ticket.updated': {
    version: '0.1.0',
    subject: 'ticket',
    content: {
      summary: 'text',
      ticketType: 'text',
      group: 'text',
      creator: 'text',
      assignees: 'texts',
      priority: 'text',
      labels: 'texts',
      milestone: 'text',
      updatedBy: 'text',
      uri: 'text!',
    },
  },
};
