package analysis;

import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.IndexSettings;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;

/** Rejects the same settings as Elasticsearch. */
final class SettingChecks {
  private SettingChecks() {}

  static void refuseWideGrams(IndexSettings index, int min, int max) {
    if (max - min > index.getMaxNgramDiff())
      throw new IllegalArgumentException(
          "The difference between max_gram and min_gram in NGram Tokenizer must be less than or equal to: ["
              + index.getMaxNgramDiff() + "] but was [" + (max - min) + "]. This limit can be set by changing the ["
              + IndexSettings.MAX_NGRAM_DIFF_SETTING.getKey() + "] index level setting.");
  }

  static String required(Settings settings, String name) {
    String value = settings.get(name);
    if (value == null) throw new IllegalArgumentException(name + " is missing");
    return value;
  }

  static <T> AnalysisProvider<T> needsSettings(AnalysisProvider<T> provider) {
    return org.elasticsearch.plugins.AnalysisPlugin.requiresAnalysisSettings(provider);
  }
}
