"""The interface base: assets, icons, formats, template parts, charts and forms."""
