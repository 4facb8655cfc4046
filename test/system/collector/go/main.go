// Command collector is an OpenTelemetry collector that takes OTLP over gRPC and HTTP and appends what arrives to files, one request a line, in OTLP's JSON.
package main

import (
	"context"
	"log"
	"os"
	"path/filepath"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"
)

func main() {
	settings := otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{Command: "collector", Description: "collector of Tollgate's tests", Version: "0"},
		Factories: factories,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{
			ResolverSettings: confmap.ResolverSettings{
				DefaultScheme:     "file",
				ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory()},
			},
		},
	}
	if err := otelcol.NewCommand(settings).Execute(); err != nil {
		log.Fatal(err)
	}
}

func factories() (otelcol.Factories, error) {
	receivers, err := otelcol.MakeFactoryMap[receiver.Factory](otlpreceiver.NewFactory())
	if err != nil {
		return otelcol.Factories{}, err
	}
	exporters, err := otelcol.MakeFactoryMap[exporter.Factory](linesFactory())
	if err != nil {
		return otelcol.Factories{}, err
	}
	return otelcol.Factories{Receivers: receivers, Exporters: exporters, Telemetry: otelconftelemetry.NewFactory()}, nil
}

// Config of the exporter `lines`.
type Config struct {
	// Folder gets traces.jsonl, metrics.jsonl and logs.jsonl.
	Folder string `mapstructure:"folder"`
}

var linesType = component.MustNewType("lines")

func linesFactory() exporter.Factory {
	return exporter.NewFactory(
		linesType,
		func() component.Config { return &Config{} },
		exporter.WithTraces(newTraces, component.StabilityLevelDevelopment),
		exporter.WithMetrics(newMetrics, component.StabilityLevelDevelopment),
		exporter.WithLogs(newLogs, component.StabilityLevelDevelopment),
	)
}

func newTraces(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Traces, error) {
	lines, marshaler := linesOf(cfg, "traces.jsonl"), ptrace.JSONMarshaler{}
	return exporterhelper.NewTraces(ctx, set, cfg, func(_ context.Context, data ptrace.Traces) error {
		return lines.append(marshaler.MarshalTraces(data))
	})
}

func newMetrics(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Metrics, error) {
	lines, marshaler := linesOf(cfg, "metrics.jsonl"), pmetric.JSONMarshaler{}
	return exporterhelper.NewMetrics(ctx, set, cfg, func(_ context.Context, data pmetric.Metrics) error {
		return lines.append(marshaler.MarshalMetrics(data))
	})
}

func newLogs(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Logs, error) {
	lines, marshaler := linesOf(cfg, "logs.jsonl"), plog.JSONMarshaler{}
	return exporterhelper.NewLogs(ctx, set, cfg, func(_ context.Context, data plog.Logs) error {
		return lines.append(marshaler.MarshalLogs(data))
	})
}

type lines struct {
	path  string
	mutex sync.Mutex
}

func linesOf(cfg component.Config, name string) *lines {
	return &lines{path: filepath.Join(cfg.(*Config).Folder, name)}
}

func (l *lines) append(line []byte, err error) error {
	if err != nil {
		return err
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	file, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.Write(append(line, '\n'))
	return err
}
