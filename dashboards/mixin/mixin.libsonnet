// The boards, alerts and recording rules of Tollgate as a monitoring mixin, for mixtool, Grizzly or jsonnet.
// It imports the files beside its folder: vendor the folder `dashboards`, not this one alone.
local groupsOf(text) = std.parseYaml(text).groups;

{
  grafanaDashboardFolder:: 'Tollgate',

  grafanaDashboards+:: {
    'tollgate-overview.json': import '../overview.json',
    'tollgate-fleet.json': import '../fleet.json',
    'tollgate-agents.json': import '../agents.json',
    'tollgate-tool.json': import '../tool.json',
    'tollgate-denials.json': import '../denials.json',
    'tollgate-sidecar.json': import '../sidecar.json',
  },

  prometheusAlerts+:: {
    groups+:
      groupsOf(importstr '../alerts/denials.rules.yml')
      + groupsOf(importstr '../alerts/limits.rules.yml')
      + groupsOf(importstr '../alerts/policy.rules.yml')
      + groupsOf(importstr '../alerts/sidecar.rules.yml')
      + groupsOf(importstr '../alerts/tools.rules.yml'),
  },

  prometheusRules+:: {
    groups+: groupsOf(importstr '../alerts/recording.rules.yml'),
  },
}
