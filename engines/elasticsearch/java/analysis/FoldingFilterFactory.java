package analysis;

import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.index.IndexSettings;
import org.elasticsearch.index.analysis.AbstractTokenFilterFactory;
import org.elasticsearch.index.analysis.NormalizingTokenFilterFactory;
import org.elasticsearch.index.analysis.TokenFilterFactory;

/** With `preserve_original`, also keeps the original token, except in normalizers and in synonyms. */
final class FoldingFilterFactory extends AbstractTokenFilterFactory implements NormalizingTokenFilterFactory {
  private final boolean preserve;

  FoldingFilterFactory(IndexSettings index, Environment environment, String name, Settings settings) {
    super(index, name, settings);
    preserve = settings.getAsBoolean("preserve_original", false);
  }

  @Override
  public TokenStream create(TokenStream in) {
    return new ASCIIFoldingFilter(in, preserve);
  }

  @Override
  public TokenStream normalize(TokenStream in) {
    return new ASCIIFoldingFilter(in, false);
  }

  @Override
  public TokenFilterFactory getSynonymFilter() {
    if (!preserve) return this;
    return new TokenFilterFactory() {
      @Override
      public String name() {
        return FoldingFilterFactory.this.name();
      }

      @Override
      public TokenStream create(TokenStream in) {
        return new ASCIIFoldingFilter(in, false);
      }
    };
  }
}
