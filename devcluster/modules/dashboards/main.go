// Reads dashboards as Grafana's own library does, and says what it does not know: a field that no version has is an
// error, in a query and in the options of a panel, too. It lets wrong values of an enumeration pass.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statetimeline"
	"github.com/grafana/grafana-foundation-sdk/go/statushistory"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

func main() {
	register()
	failed := false
	for _, path := range os.Args[1:] {
		if problem := read(path); problem != "" {
			fmt.Printf("%s: %s\n", path, problem)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

// What our panels are. All that the library knows would take minutes to compile.
func register() {
	runtime := cog.NewRuntime()
	runtime.RegisterPanelcfgVariant(stat.VariantConfig())
	runtime.RegisterPanelcfgVariant(statetimeline.VariantConfig())
	runtime.RegisterPanelcfgVariant(statushistory.VariantConfig())
	runtime.RegisterPanelcfgVariant(table.VariantConfig())
	runtime.RegisterPanelcfgVariant(timeseries.VariantConfig())
	runtime.RegisterDataqueryVariant(prometheus.VariantConfig())
}

func read(path string) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	var found dashboard.Dashboard
	if problem := tell(found.UnmarshalJSONStrict(raw)); problem != "" {
		return problem
	}
	if problem := findUnknownKind(raw); problem != "" {
		return problem
	}
	return tell(found.Validate())
}

// The options of a panel of another kind would not be read at all. `found` does not have its panels: what the library
// takes for an error of each is empty.
func findUnknownKind(raw []byte) string {
	var found struct {
		Panels []struct{ Type, Title string }
	}
	if err := json.Unmarshal(raw, &found); err != nil {
		return err.Error()
	}
	for _, each := range found.Panels {
		if _, known := cog.ConfigForPanelcfgVariant(each.Type); !known && each.Type != "row" {
			return fmt.Sprintf("panel %q: kind %q is not one that is checked", each.Title, each.Type)
		}
	}
	return ""
}

// A good file gives an error, too: one without text.
func tell(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
